"""Reports that a mail was not delivered: tied to the mail of ours that failed, otherwise without effect."""

from __future__ import annotations

from dataclasses import replace

from mailboxes.models import Outcome
from ticketing.inbound.automatic import recognise
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.inbound.failed import FailedMail, FailedSending, KnownBy
from ticketing.mail.values import AutoKind


def tie_bounce(envelope: Envelope, facts: Facts) -> Decision | None:
    """A report goes to the ticket of the mail it is about; one that matches nothing of ours changes nothing.

    Of a mail that no ticket tells of, the outbox shows it.
    """
    bounce = envelope.mail.bounce
    if bounce is None and envelope.mail.automation.kind != AutoKind.BOUNCE:
        return None
    if bounce is not None and facts.failed is not None:
        return Decision(
            outcome=Outcome.BOUNCE,
            reason=Reason.BOUNCE_OF_OURS if bounce.permanent else Reason.DELAY_OF_OURS,
            data={"ticket": facts.failed.ticket.number} | told_failed(facts.failed),
            action=Action.BOUNCE,
            ticket_id=facts.failed.ticket.id,
        )
    if bounce is not None and facts.failed_sending is not None:
        return Decision(
            outcome=Outcome.BOUNCE,
            reason=Reason.BOUNCE_OF_SENDING if bounce.permanent else Reason.DELAY_OF_SENDING,
            data=told_sending(facts.failed_sending),
        )
    return Decision(outcome=Outcome.BOUNCE, reason=Reason.FOREIGN_BOUNCE)


def told_failed(failed: FailedMail | FailedSending) -> dict[str, object]:
    """Whom it could not be delivered to, and by what the mail is known where that is not its Message-ID."""
    told: dict[str, object] = {"recipients": sorted(failed.recipients)}
    return told if failed.known_by is KnownBy.MESSAGE_ID else {**told, "known_by": failed.known_by.value}


def told_sending(failed: FailedSending) -> dict[str, object]:
    """The mail that failed, as a reason names it."""
    return {
        "outbox": failed.outbox_id,
        "subject": failed.subject,
        "cause": failed.cause,
    } | told_failed(failed)


def reached_again(decision: Decision, envelope: Envelope, facts: Facts) -> Decision:
    """The decision; it says so if the mail shows that its sender, from whom mail came back, gets mail again.

    A person must have written it later than that, from an address that may count as theirs.
    """
    delivery = envelope.delivery
    if facts.bounced_at is None or delivery.is_history or delivery.received_at <= facts.bounced_at:
        return decision
    is_taken = decision.action in (Action.OPEN, Action.ADD) and not decision.is_spam and not decision.is_quiet
    if not is_taken or facts.trust.is_doubted or recognise(envelope.mail, sender=envelope.sender):
        return decision
    return replace(decision, data={**decision.data, "reached_again": envelope.sender})
