"""Mail that belongs to a ticket is added to it, unless the ticket is closed."""

from __future__ import annotations

from mailboxes.models import Outcome
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.models import Status, ThreadReason

_SIGNS = {
    ThreadReason.TOKEN: "our signed token",
    ThreadReason.REFERENCE: "it answers",
    ThreadReason.REMEMBERED: "it shares a reference with that ticket and somebody on it",
    ThreadReason.BODY_TOKEN: "our hidden token",
    ThreadReason.SUBJECT_NUMBER: "its sender is on the ticket and the subject names it",
}


def add_answer(envelope: Envelope, facts: Facts) -> Decision | None:
    """An answer to a ticket that is not closed; history may be added to closed history."""
    match = facts.match
    if match is None:
        return None
    if match.ticket.status == Status.CLOSED and not (envelope.delivery.is_history and match.ticket.is_history):
        return None
    newcomer = "" if match.sender_is_known else " Its sender is new to the ticket."
    return Decision(
        outcome=Outcome.ADDED,
        reason=Reason.ANSWER,
        words=f"Added to ticket #{match.ticket.number}: {_SIGNS[match.reason]} ({match.detail}).{newcomer}",
        action=Action.ADD,
        ticket_id=match.ticket.id,
    )
