"""What programs answer: read receipts, complaints, out-of-office notes. Ignored and logged."""

from __future__ import annotations

from collections.abc import Mapping

from mailboxes.models import Outcome
from ticketing.inbound.decisions import Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.mail.values import AutoKind, Automation

_REPORTS = {AutoKind.READ_RECEIPT: Reason.READ_RECEIPT, AutoKind.FEEDBACK: Reason.FEEDBACK_REPORT}
_ANSWERS = {AutoKind.AUTO_REPLY: Reason.AUTO_REPLY, AutoKind.VACATION: Reason.VACATION}


def ignore_report(envelope: Envelope, facts: Facts) -> Decision | None:
    """Receipts and complaint reports are logged, no more."""
    return _ignored(envelope.mail.automation, _REPORTS, facts)


def ignore_automatic_answer(envelope: Envelope, facts: Facts) -> Decision | None:
    """Automatic replies open nothing and reopen nothing, whatever they answer."""
    return _ignored(envelope.mail.automation, _ANSWERS, facts)


def _ignored(automation: Automation, reasons: Mapping[AutoKind, Reason], facts: Facts) -> Decision | None:
    reason = reasons.get(automation.kind) if automation.kind else None
    if reason is None:
        return None
    ticket = facts.match.ticket if facts.match else None
    return Decision(
        outcome=Outcome.IGNORED,
        reason=reason,
        data={"signal": automation.signal} | ({"ticket": ticket.number} if ticket else {}),
        ticket_id=ticket.id if ticket else None,
    )
