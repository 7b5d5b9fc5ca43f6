"""What one mail would become with other filters than those that stand, and everything else as it is set.

Nothing is recorded, and nobody waits. The mail may be here already: that it is counts for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any

from helpdesk.lib import clock
from helpdesk.lib.text import clean_line, clean_text
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from ticketing.inbound import lookups
from ticketing.inbound.deliveries import settled_delivery
from ticketing.inbound.dry_run import as_new, delivery_to
from ticketing.inbound.envelope import Envelope, make_envelope
from ticketing.inbound.facts import Facts, load_facts
from ticketing.inbound.files import files_of
from ticketing.inbound.filtering import Filters
from ticketing.inbound.mapping.applying import map_mail
from ticketing.inbound.mapping.preparing import prepared
from ticketing.inbound.policy import STEPS, decide
from ticketing.inbound.policy.completions import complete_message
from ticketing.inbound.policy.repeats import ignore_twin
from ticketing.inbound.process import read_mail
from ticketing.inbound.rules.planning import plan_rules
from ticketing.inbound.rules.told import rule_trace
from ticketing.inbound.thread_match import Match
from ticketing.inbound.unproven import told
from ticketing.inbound.verdicts import storable
from ticketing.models import Message, ThreadReason, Ticket

_STEPS = tuple(step for step in STEPS if step not in (complete_message, ignore_twin))
_OPENING = (ThreadReason.NEW, ThreadReason.FOLLOWS_CLOSED)


@dataclass(frozen=True)
class Asked:
    """What is tried."""

    content: bytes
    raw_id: int | None = None  # of a mail that is here
    is_answer: bool = False  # of one that is not: it answers the newest ticket of the mailbox


def written_mail(*, sender: str, subject: str, text: str, to: str) -> bytes:
    """A mail that somebody wrote to try it."""
    mail = EmailMessage()
    mail["Message-ID"] = make_msgid(domain="tried.invalid")
    mail["Date"] = format_datetime(clock.now())
    mail["To"], mail["Subject"] = to, clean_line(subject)
    mail.set_content(clean_text(text))
    # Not by the library: what is typed may be no address.
    return b"From: " + clean_line(sender).encode() + b"\n" + mail.as_bytes()


def would_become(asked: Asked, *, mailbox: Mailbox, filters: Filters, organization_id: int) -> Mapping[str, Any]:
    """The mail as a line of a dry run. Outside any scope: it is parsed while no transaction waits."""
    with organization_scope(organization_id):
        delivery = settled_delivery(asked.raw_id) if asked.raw_id is not None else None
    if delivery is None:
        delivery = delivery_to(mailbox.pk, asked.content, organization_id=organization_id)
    delivery = as_new(delivery)
    envelope = make_envelope(delivery, mail=read_mail(asked.content, delivery), original=asked.content)
    with organization_scope(organization_id):
        facts = _as_if(envelope, load_facts(envelope), asked, filters)
        decision, trace = decide(envelope, facts, steps=_STEPS)
        mapped = map_mail(envelope, facts, decision, files=files_of(prepared(envelope, facts)))
        decision = told(decision, envelope=envelope, facts=facts, mapped=mapped)
        rules = plan_rules(envelope, facts, decision, mapped=mapped)
    return {
        "sender": envelope.from_address,
        "outcome": decision.outcome.value,
        "reason": decision.reason.value,
        "data": storable(decision.data),
        "trace": [*trace, *rule_trace(rules)],
    }


def _as_if(envelope: Envelope, facts: Facts, asked: Asked, filters: Filters) -> Facts:
    match = facts.match
    if match is not None and asked.raw_id is not None and _opened(asked.raw_id) == match.ticket.id:
        match = None  # its own ticket
    if asked.is_answer and match is None:
        match = _newest(envelope)
    return replace(facts, settings=replace(facts.settings, filters=filters), match=match, twin=None, placeholder=None)


def _opened(raw_id: int) -> int | None:
    """The ticket that the mail opened."""
    opening = Message.objects.filter(raw_id=raw_id, thread_reason__in=_OPENING)
    found: int | None = opening.values_list("ticket_id", flat=True).first()
    return found


def _newest(envelope: Envelope) -> Match | None:
    """As if it answered the newest ticket of its mailbox."""
    tickets = Ticket.objects.filter(mailbox_id=envelope.delivery.mailbox_id, merged_into=None, is_spam=False)
    ticket_id = tickets.order_by("-id").values_list("id", flat=True).first()
    if ticket_id is None:
        return None
    ticket = lookups.tickets_by([ticket_id], numbers=())[ticket_id]
    on = lookups.people_on([ticket_id], among=frozenset({envelope.sender}))
    is_known = envelope.sender in on.get(ticket_id, ())
    return Match(ticket, ThreadReason.REFERENCE, "", sender_is_known=is_known)
