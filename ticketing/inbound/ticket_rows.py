"""Writes the ticket of a mail: a new one, or what an answer or a bounce changes."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from helpdesk.lib.text import clean_line
from helpdesk.tenancy.state import required_organization_id
from ticketing.inbound.decisions import Action, Decision
from ticketing.inbound.effects import RESTING, Effect, target
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.inbound.mapping.applying import NOTHING, Mapped
from ticketing.inbound.rows import Later, Taken, Writes
from ticketing.inbound.rules.effects import NO_EFFECTS, RuleEffects
from ticketing.inbound.writers import Guest
from ticketing.mail.subjects import limit_prefixes
from ticketing.models import Priority, SearchDocument, SpamMark, Status, Ticket, TicketTag
from ticketing.services.search import field_document

SNIPPET_CHARS = 200
_SNIPPET_SOURCE_CHARS = 1000
_FORGET_FIELDS = (
    "DELETE FROM ticketing_searchdocument WHERE ticket_id = %s AND message_id IS NULL AND organization_id = %s"
)


@dataclass(frozen=True, slots=True)
class Change:
    """One mail and what it does, with the numbers that were taken for it, or what stands for them until then."""

    envelope: Envelope
    facts: Facts
    decision: Decision
    effect: Effect
    moment: datetime
    contact_id: int | None  # of the sender; None for a bounce
    ticket_id: int
    message_id: int
    message_position: int
    last_position: int  # of the ticket's events
    ticket_number: int  # of the new ticket; of the existing one otherwise
    tag_ids: tuple[int, ...] = ()  # that the ticket gets
    mapped: Mapped = NOTHING
    rules: RuleEffects = NO_EFFECTS

    @property
    def author(self) -> str:
        """Who wrote the mail, for lists."""
        return author_of(self.envelope)

    def taken(self, taken: Taken) -> Change:
        """The same with its numbers."""
        waiting = [each.name for each in fields(self) if isinstance(getattr(self, each.name), Later)]
        return replace(self, **{name: getattr(self, name).of(taken) for name in waiting})


def write_ticket(change: Change, writes: Writes) -> None:
    """The ticket will stand as it should after this mail."""
    if change.decision.action is Action.OPEN:
        ticket = _opened(change)
        for name, value in rule_columns(change).items():
            setattr(ticket, name, value)
        writes.insert([ticket])
    else:
        writes.update(Ticket, {"id": change.ticket_id}, **_changes(change) | rule_columns(change))
    writes.insert([TicketTag(ticket_id=change.ticket_id, tag_id=tag_id) for tag_id in change.tag_ids])
    _index_fields(change, writes)


def _index_fields(change: Change, writes: Writes) -> None:
    """The ticket is found by what its fields hold, if this mail or a rule gave them something."""
    if not change.envelope.is_indexed:
        return
    is_new = change.decision.action is Action.OPEN
    values: Any = change.rules.values.get("fields")
    if values is None:
        values = change.mapped.values if is_new or change.mapped.changes else None
    if values is None or (is_new and not values):
        return
    if not is_new:
        writes.also(_FORGET_FIELDS, [change.ticket_id, required_organization_id()])
    body = field_document(values)
    if body:
        writes.insert([SearchDocument(ticket_id=change.ticket_id, body=body)])


def rule_columns(change: Change) -> dict[str, object]:
    """The columns of the ticket as rules set them."""
    columns = dict(change.rules.values)
    status = columns.get("status")
    if status is None:
        return columns
    columns |= _ends(str(status), change.moment)
    if status in RESTING:
        columns |= {"needs_reply": False, "waiting_since": None}
    return columns


def _ends(status: str, moment: datetime) -> dict[str, datetime | None]:
    """When a ticket that gets this status was solved and closed."""
    is_over = status in (Status.SOLVED, Status.CLOSED)
    return {"solved_at": moment if is_over else None, "closed_at": moment if status == Status.CLOSED else None}


def guest_of(decision: Decision, facts: Facts) -> Guest | None:
    """Under whom the mail stands instead of its sender, who is nobody's contact."""
    if facts.asker is not None:
        return None
    return facts.settings.writers.guest_for(is_opening=decision.action is Action.OPEN)


def routing_of(decision: Decision, envelope: Envelope, facts: Facts) -> dict[str, Any]:
    """Where a new ticket of this mail goes: columns of Ticket.

    Spam is nobody's work, so nobody is given it; what the mailbox would have said is suggested to who clears it.
    """
    if decision.is_spam:
        none = dict.fromkeys(("team_id", "assignee_id", "category_id", "company_id"))
        return none | {"priority": Priority.NORMAL}
    delivery = envelope.delivery
    return {
        "team_id": delivery.team_id,
        "assignee_id": delivery.assignee_id,
        "category_id": delivery.category_id,
        "company_id": delivery.company_id or facts.given_company_id,
        "priority": delivery.priority,
    }


def author_of(envelope: Envelope) -> str:
    """Who wrote the mail: the name, else the address, else what stands in From."""
    written = clean_line(envelope.mail.from_.address) if envelope.mail.from_ else ""
    return envelope.sender_name or envelope.sender or written


def snippet_of(envelope: Envelope) -> str:
    """The beginning of what is new in the mail, on one line."""
    mail = envelope.mail
    text = mail.reply_text.strip() or mail.text
    return " ".join(clean_line(text[:_SNIPPET_SOURCE_CHARS]).split())[:SNIPPET_CHARS]


def subject_of(envelope: Envelope, facts: Facts) -> str:
    """A new ticket's: the mail's, with no more Re: and Fwd: than the mailbox wants."""
    most = facts.settings.mapping.most_prefixes
    subject = clean_line(envelope.mail.subject)
    return (subject if most is None else limit_prefixes(subject, most=most))[:400]


def _opened(change: Change) -> Ticket:
    envelope, facts, effect = change.envelope, change.facts, change.effect
    received_at = envelope.delivery.received_at
    if change.contact_id is None:
        raise ValueError("A new ticket needs a requester.")
    is_spam = change.decision.is_spam
    is_clean = facts.opinion is not None and facts.opinion.is_clean
    ends = _ends(change.mapped.status, received_at)
    if effect.status == Status.CLOSED:
        ends["closed_at"] = received_at
    return Ticket(
        id=change.ticket_id,
        number=change.ticket_number,
        subject=subject_of(envelope, facts),
        status=effect.status,
        requester_id=change.contact_id,
        mailbox_id=envelope.delivery.mailbox_id,
        **(routing_of(change.decision, envelope, facts) | dict(change.mapped.routing)),
        spam_mark=SpamMark.AUTO_SPAM if is_spam else SpamMark.AUTO_CLEAN if is_clean else SpamMark.NONE,
        is_spam=is_spam,
        follows_id=facts.match.ticket.id if change.decision.follows and facts.match else None,
        is_history=envelope.delivery.is_history,
        snippet=snippet_of(envelope),
        last_author=change.author[:120],
        requester_name=_requester_name(change)[:200],
        fields=dict(change.mapped.values),
        needs_reply=bool(effect.needs_reply),
        has_attachments=has_files(envelope),
        message_count=1,
        last_position=change.last_position,
        created_at=received_at,
        active_at=received_at,
        waiting_since=received_at if effect.needs_reply else None,
        **ends,
    )


def _requester_name(change: Change) -> str:
    guest = guest_of(change.decision, change.facts)
    if guest is not None:
        return guest.name
    name, address = change.envelope.asked_by
    return (change.facts.asker.name if change.facts.asker else "") or name or address or change.author


def _changes(change: Change) -> dict[str, object]:
    ticket = target(change.decision, change.facts)
    received_at, effect = change.envelope.delivery.received_at, change.effect
    changes: dict[str, object] = {
        "message_count": ticket.message_count + 1,
        "last_position": change.last_position,
        "has_attachments": ticket.has_attachments or has_files(change.envelope),
    }
    if change.mapped.changes:
        changes["fields"] = dict(change.mapped.values)
    changes |= change.mapped.routing
    if change.decision.is_quiet:  # lists show the ticket where and as it was
        return changes
    changes |= {
        "snippet": snippet_of(change.envelope),
        "last_author": change.author[:120],
        "active_at": max(ticket.active_at, received_at),
    }
    if effect.needs_reply is not None:
        changes["needs_reply"] = effect.needs_reply
        changes["waiting_since"] = (ticket.waiting_since or received_at) if effect.needs_reply else None
    if effect.reopens:
        changes |= {"status": effect.status, **_ends(effect.status, change.moment)}
    return changes


def has_files(envelope: Envelope) -> bool:
    """True if the message lists at least one file; images inside the text do not count."""
    is_placeholder = envelope.delivery.is_header_only or envelope.mail.error is not None
    return is_placeholder or any(not attachment.inline for attachment in envelope.mail.attachments)
