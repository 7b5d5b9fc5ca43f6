"""The rest of a mail whose headers came first."""

from __future__ import annotations

from mailboxes.models import Outcome
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts


def complete_message(envelope: Envelope, facts: Facts) -> Decision | None:
    """The message in the ticket gets what its headers lacked; whatever else the mail says was said when they came."""
    found = facts.placeholder
    if found is None:
        return None
    outcome = Outcome.BOUNCE if found.is_bounce else Outcome.CREATED if found.opened_ticket else Outcome.ADDED
    data = {"ticket": found.ticket_number, "size_bytes": envelope.delivery.size_bytes}
    return Decision(
        outcome=outcome, reason=Reason.COMPLETED, data=data, action=Action.COMPLETE, ticket_id=found.ticket_id
    )
