"""Mail that belongs to a ticket is added to it, unless the ticket is closed."""

from __future__ import annotations

from mailboxes.models import Outcome
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.inbound.policy.opening import notice_of_size
from ticketing.models import Status


def add_answer(envelope: Envelope, facts: Facts) -> Decision | None:
    """An answer to a ticket that is not closed; history may be added to closed history."""
    match = facts.match
    if match is None:
        return None
    if match.ticket.status == Status.CLOSED and not (envelope.delivery.is_history and match.ticket.is_history):
        return None
    return Decision(
        outcome=Outcome.ADDED,
        reason=Reason.ANSWER,
        data={
            "ticket": match.ticket.number,
            "sign": match.reason,
            "detail": match.detail,
            "is_newcomer": not match.sender_is_known,
        },
        action=Action.ADD,
        ticket_id=match.ticket.id,
        answer=notice_of_size(envelope, facts),
    )
