"""Reports that a mail was not delivered: tied to the mail of ours that failed, otherwise without effect."""

from __future__ import annotations

from mailboxes.models import Outcome
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.mail.values import AutoKind


def tie_bounce(envelope: Envelope, facts: Facts) -> Decision | None:
    """A report goes to the ticket of the mail it is about; one that matches nothing of ours changes nothing."""
    bounce = envelope.mail.bounce
    if bounce is None and envelope.mail.automation.kind != AutoKind.BOUNCE:
        return None
    if bounce is None or facts.failed is None:
        return Decision(outcome=Outcome.BOUNCE, reason=Reason.FOREIGN_BOUNCE)
    return Decision(
        outcome=Outcome.BOUNCE,
        reason=Reason.BOUNCE_OF_OURS if bounce.permanent else Reason.DELAY_OF_OURS,
        data={"ticket": facts.failed.ticket.number, "recipients": sorted(facts.failed.recipients)},
        action=Action.BOUNCE,
        ticket_id=facts.failed.ticket.id,
    )
