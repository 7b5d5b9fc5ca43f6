"""The entries that intake adds to tickets' histories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from mailboxes.models import Mailbox
from ticketing.fields.values import Value
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.effects import Effect
from ticketing.inbound.envelope import Envelope, RequesterSource
from ticketing.inbound.facts import Facts
from ticketing.inbound.mapping.applying import FieldChange, Mapped
from ticketing.inbound.rows import Later, Writes
from ticketing.inbound.ticket_rows import Change
from ticketing.mail.spam_content import Opinion
from ticketing.models import EventKind, SpamMark, Ticket, TicketEvent
from ticketing.models.mapping import ThenDo
from ticketing.queries.tags import KnownTag

_TOLD_CHARS = 400
# What the verdict says of a new ticket that its history tells, too.
_OF_TICKET = (
    "lost_team",
    "unfit_assignee",
    "retired_category",
    "retired_company",
    "company_of_contact",
    "retired_company_of_contact",
)


class Gives(Protocol):
    """What a plan says of what a mail gives its ticket."""

    @property
    def envelope(self) -> Envelope:
        """The mail."""

    @property
    def facts(self) -> Facts:
        """What it rests on."""

    @property
    def mapped(self) -> Mapped:
        """What it gives."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry to be; on the mail's own ticket unless it names another."""

    kind: EventKind
    data: dict[str, object] = field(default_factory=dict)
    is_message: bool = False
    other_ticket_id: int | None = None
    cause: str = "mail"


def happenings(decision: Decision, *, effect: Effect, facts: Facts, tags: Sequence[KnownTag] = ()) -> list[Happening]:
    """What happens, the message itself first. tags: that the new ticket gets."""
    if decision.action is Action.OPEN:
        return _opening(decision, facts, tags)
    kind = EventKind.BOUNCE_RECEIVED if decision.action is Action.BOUNCE else EventKind.MESSAGE_RECEIVED
    found = [Happening(kind, is_message=True)]
    if decision.is_sent:
        found = [Happening(EventKind.REPLY_WRITTEN, {"elsewhere": decision.data["sender"]}, is_message=True)]
    if effect.reopens:
        found.append(Happening(EventKind.STATUS_CHANGED, {"from": effect.status_before, "to": effect.status}))
    return found


def with_mapping(
    entries: Sequence[Happening], plan: Gives, *, is_new: bool, tags: Sequence[KnownTag]
) -> list[Happening]:
    """The entries, and behind those of the mail's own ticket what it gave that and what of it was not followed.

    How a new ticket was opened is not told again. tags: that an existing ticket gets.
    """
    mapped, facts = plan.mapped, plan.facts
    more = [] if is_new else [*map(field_entry, mapped.changes), *_routed(mapped, facts), *map(_tagged, tags)]
    if is_new:
        more += _asked_by(plan.envelope)
    more += _not_followed(mapped, facts)
    return with_own(entries, more)


def with_own(entries: Sequence[Happening], more: Sequence[Happening]) -> list[Happening]:
    """The entries, and `more` behind those of the mail's own ticket; what concerns another one stays last."""
    own = [entry for entry in entries if entry.other_ticket_id is None]
    return [*own, *more, *(entry for entry in entries if entry.other_ticket_id is not None)]


def _asked_by(envelope: Envelope) -> list[Happening]:
    """That the mail was passed on, and whose it is."""
    requester = envelope.requester
    if requester is None or requester.how is not RequesterSource.FORWARDED:
        return []
    said: dict[str, object] = {"how": requester.how.value, "from": envelope.from_address}
    data = said | {"to": requester.address, "name": requester.name}
    return [Happening(EventKind.REQUESTER_CHANGED, data)]


def _routed(mapped: Mapped, facts: Facts) -> Iterator[Happening]:
    """What commands of an answer changed of its ticket."""
    match, commands = facts.match, facts.commands
    if match is None or commands is None:
        return
    ticket, given = match.ticket, mapped.routing
    if "priority" in given and given["priority"] != ticket.priority:
        yield Happening(EventKind.PRIORITY_CHANGED, {"from": ticket.priority, "to": given["priority"]})
    for column, kind, before in (
        ("team_id", EventKind.TEAM_CHANGED, ticket.team_id),
        ("assignee_id", EventKind.ASSIGNEE_CHANGED, ticket.assignee_id),
        ("category_id", EventKind.CATEGORY_CHANGED, ticket.category_id),
        ("company_id", EventKind.COMPANY_CHANGED, ticket.company_id),
    ):
        if column in given and given[column] != before:
            after, labels = given[column], commands.labels.get(column, {})
            named = {"from": labels.get(before or 0, ""), "to": labels.get(after or 0, "")}
            yield Happening(kind, {**named, "from_id": before, "to_id": after})


def _not_followed(mapped: Mapped, facts: Facts) -> list[Happening]:
    """The lines of commands that were not followed, as far as that is to be said."""
    rules = facts.settings.mapping.commands
    if rules is None:
        return []
    said = [each for each in mapped.refused if rules.then(each.trouble).do is not ThenDo.IGNORE]
    lines = [{"trouble": each.trouble.value, "line": each.line, "why": each.why} for each in said]
    return [Happening(EventKind.COMMANDS_REFUSED, {"lines": lines})] if lines else []


def field_entry(change: FieldChange) -> Happening:
    """A change by a mail, told with the beginning of long texts."""
    known = change.field
    data: dict[str, object] = {"field": known.key, "label": known.label, "kind": known.kind.value}
    if change.after is None:  # what is gone is nowhere else
        return Happening(EventKind.FIELD_CHANGED, {**data, "from": change.before, "to": None})
    told = {"from": _told(change.before), "to": _told(change.after)}
    is_cut = told["from"] != change.before or told["to"] != change.after
    return Happening(EventKind.FIELD_CHANGED, {**data, **told, **({"cut": True} if is_cut else {})})


def _told(value: Value | None) -> Value | None:
    return value[:_TOLD_CHARS] if isinstance(value, str) else value


def write(entries: list[Happening], writes: Writes, *, change: Change) -> None:
    """The entries will have their positions, in order, from the message's on."""
    writes.insert(
        TicketEvent(
            ticket_id=entry.other_ticket_id or change.ticket_id,
            position=change.message_position + offset,
            kind=entry.kind,
            cause=entry.cause,
            origin="worker",
            message_id=change.message_id if entry.is_message else None,
            data=_linked(entry, change) if entry.other_ticket_id else entry.data,
            at=change.moment,
        )
        for offset, entry in enumerate(entries)
    )
    for offset, entry in enumerate(entries):
        if entry.other_ticket_id:
            position = change.message_position + offset
            writes.update(Ticket, {"id": entry.other_ticket_id}, last_position=position)


def _linked(entry: Happening, change: Change) -> Any:
    """What the history of the other ticket says of this one."""
    return Later(lambda taken: {**entry.data, "ticket": change.taken(taken).ticket_number})


def write_mention(
    envelope: Envelope, decision: Decision, facts: Facts, writes: Writes, *, position: int, moment: datetime
) -> None:
    """The history of the decision's ticket will tell that this mail was ignored, or came by another way, too.

    Of a report: what it says, at the message it is about.
    """
    is_copy, ticket_id = decision.reason is Reason.COPY, decision.ticket_id
    if ticket_id is None:
        raise ValueError("This decision names no ticket to mention the mail on.")
    data: dict[str, object] = {
        "raw": envelope.delivery.raw_id,
        "sender": envelope.from_address,
        "subject": envelope.subject[:200],
    }
    if is_copy:
        data["mailbox"] = Mailbox.objects.values_list("name", flat=True).get(id=envelope.delivery.mailbox_id)
    data |= {name: decision.data[name] for name in ("refused", "told", "by") if name in decision.data}
    reported = facts.reported if "told" in decision.data else None
    writes.insert(
        [
            TicketEvent(
                ticket_id=ticket_id,
                position=position,
                kind=EventKind.COPY_RECEIVED if is_copy else EventKind.MAIL_IGNORED,
                cause="mail",
                origin="worker",
                message_id=reported.message_id if reported is not None else None,
                data=data,
                at=moment,
            )
        ]
    )
    writes.update(Ticket, {"id": ticket_id}, last_position=position)


def _opening(decision: Decision, facts: Facts, tags: Sequence[KnownTag]) -> list[Happening]:
    lost = {name: decision.data[name] for name in _OF_TICKET if name in decision.data}
    judged = [*_judged(decision, facts), *(_tagged(tag) for tag in tags)]
    if not decision.follows or facts.match is None:
        return [Happening(EventKind.TICKET_OPENED, lost, is_message=True), *judged]
    closed = facts.match.ticket
    return [
        Happening(EventKind.TICKET_OPENED, {"follows": closed.number} | lost, is_message=True),
        *judged,
        Happening(EventKind.LINKED, other_ticket_id=closed.id),
    ]


def _tagged(tag: KnownTag) -> Happening:
    return Happening(EventKind.TAG_ADDED, {"tag": tag.name, "hue": tag.hue})


def _judged(decision: Decision, facts: Facts) -> list[Happening]:
    """That it is spam or like spam, and by what that was seen."""
    if not decision.is_spam:
        return _suspected(facts.opinion)
    return [Happening(EventKind.SPAM_MARKED, {"from": SpamMark.NONE, "to": SpamMark.AUTO_SPAM, **decision.why_spam})]


def _suspected(opinion: Opinion | None) -> list[Happening]:
    if opinion is None or not opinion.is_suspect:
        return []
    marks = {"spam_marks": opinion.marks.spam, "clean_marks": opinion.marks.clean}
    return [Happening(EventKind.SPAM_SUSPECTED, {"percent": opinion.percent, "words": list(opinion.words), **marks})]
