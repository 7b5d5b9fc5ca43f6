"""What a mail would have become if it had never been taken for spam: everything decided anew, nothing written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from helpdesk.lib import files
from ticketing.inbound.decisions import Decision
from ticketing.inbound.envelope import Delivery, make_envelope
from ticketing.inbound.facts import load_facts
from ticketing.inbound.lookups import settled_delivery
from ticketing.inbound.policy import STEPS_OF_CLEARED, decide
from ticketing.inbound.process import read_mail
from ticketing.inbound.rules.planning import plan_rules
from ticketing.models import Message, MessageKind, Ticket


@dataclass(frozen=True, slots=True)
class Reprocessed:
    """The verdict without spam detection, and the mailbox's settings it rests on, with what rules set instead."""

    decision: Decision
    delivery: Delivery
    company_id: int | None  # the mailbox's, else the contact's


def reprocess(ticket: Ticket) -> Reprocessed | None:
    """How today's settings decide about the mail that opened the ticket; None when its original is not kept.

    That the mail itself is here already counts for nothing: neither as a copy nor as a thread.
    """
    inbound = Message.objects.filter(ticket=ticket, kind=MessageKind.INBOUND, raw__isnull=False)
    raw_id = inbound.order_by("position").values_list("raw_id", flat=True).first()
    delivery = settled_delivery(raw_id) if raw_id else None
    if delivery is None or not delivery.storage_key:
        return None
    try:
        original = files.read(delivery.storage_key)
    except FileNotFoundError:
        return None
    envelope = make_envelope(delivery, mail=read_mail(original, delivery), original=original)
    facts = load_facts(envelope)
    if facts.match is not None and facts.match.ticket.id == ticket.pk:
        facts = replace(facts, match=None)
    decision, _trace = decide(envelope, facts, steps=STEPS_OF_CLEARED)
    rules = plan_rules(envelope, facts, decision)
    columns = ("team_id", "assignee_id", "category_id", "priority")
    given: dict[str, Any] = {name: value for name, value in rules.values.items() if name in columns}
    return Reprocessed(decision, replace(delivery, **given), delivery.company_id or facts.given_company_id)
