"""The rest of a mail whose headers came first."""

from __future__ import annotations

from mailboxes.models import Outcome
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts


def complete_message(envelope: Envelope, facts: Facts) -> Decision | None:
    """The message in the ticket gets what its headers lacked; whatever else the mail says was said when they came.

    Only a bounce is told by its body: one that reports on a mail of ours counts as one from now on.
    """
    found, failed = facts.placeholder, facts.failed
    if found is None:
        return None
    is_bounce = found.is_bounce or failed is not None
    outcome = Outcome.BOUNCE if is_bounce else Outcome.CREATED if found.opened_ticket else Outcome.ADDED
    data: dict[str, object] = {"ticket": found.ticket_number, "size_bytes": envelope.delivery.size_bytes}
    if failed is not None and envelope.mail.bounce is not None:
        is_delay = not envelope.mail.bounce.permanent
        data |= {"failed": failed.ticket.number, "recipients": sorted(failed.recipients), "is_delay": is_delay}
    return Decision(
        outcome=outcome, reason=Reason.COMPLETED, data=data, action=Action.COMPLETE, ticket_id=found.ticket_id
    )
