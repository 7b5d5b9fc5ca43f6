"""What programs answer: read receipts, complaints, out-of-office notes. Ignored and logged."""

from __future__ import annotations

from mailboxes.models import Outcome
from ticketing.inbound.decisions import Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.mail.values import AutoKind

_REPORTS = {
    AutoKind.READ_RECEIPT: (Reason.READ_RECEIPT, "A read receipt"),
    AutoKind.FEEDBACK: (Reason.FEEDBACK_REPORT, "A complaint report of a mail provider"),
}
_ANSWERS = {AutoKind.AUTO_REPLY: "An automatic reply", AutoKind.VACATION: "An out-of-office note"}


def ignore_report(envelope: Envelope, facts: Facts) -> Decision | None:
    """Receipts and complaint reports are logged, no more."""
    automation = envelope.mail.automation
    if automation.kind not in _REPORTS:
        return None
    reason, name = _REPORTS[automation.kind]
    return _ignored(reason, f"{name}{_about(facts)} ({automation.signal}). Default: such reports are ignored.", facts)


def ignore_automatic_answer(envelope: Envelope, facts: Facts) -> Decision | None:
    """Automatic replies open nothing and reopen nothing, whatever they answer."""
    automation = envelope.mail.automation
    if automation.kind not in _ANSWERS:
        return None
    name = _ANSWERS[automation.kind]
    words = f"{name}{_about(facts)} ({automation.signal}). Default: automatic replies are ignored."
    return _ignored(Reason.AUTO_REPLY, words, facts)


def _about(facts: Facts) -> str:
    return f" to ticket #{facts.match.ticket.number}" if facts.match else ""


def _ignored(reason: Reason, words: str, facts: Facts) -> Decision:
    ticket_id = facts.match.ticket.id if facts.match else None
    return Decision(outcome=Outcome.IGNORED, reason=reason, words=words, ticket_id=ticket_id)
