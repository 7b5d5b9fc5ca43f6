"""What a member has decided about this very mail comes before whatever the settings say."""

from __future__ import annotations

from dataclasses import replace

from mailboxes.models import Outcome
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts

# What makes no mail of a customer, whoever asks; and the last one, which always decides.
NEVER_LEFT_OUT = frozenset(
    {"join_as_ordered", "complete_message", "ignore_own_mail", "ignore_check_mail", "add_answer", "open_ticket"}
)


def join_as_ordered(envelope: Envelope, facts: Facts) -> Decision | None:
    """A mail that a member put into a ticket, a closed one too: then it is told there and reopens nothing."""
    if envelope.delivery.joins_id is None or facts.match is None:
        return None
    ticket = facts.match.ticket
    return Decision(
        outcome=Outcome.ADDED,
        reason=Reason.JOINED,
        data={"ticket": ticket.number, "by": envelope.delivery.ordered_by},
        action=Action.ADD,
        ticket_id=ticket.id,
    )


def released(decision: Decision, envelope: Envelope) -> Decision:
    """The decision with who let the mail in, and which steps were left out."""
    delivery = envelope.delivery
    said = {"by": delivery.ordered_by, "without": list(delivery.skips)}
    return replace(decision, data={**decision.data, "released": said})
