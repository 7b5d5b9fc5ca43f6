"""Everything else opens a ticket."""

from __future__ import annotations

from mailboxes.models import ExistingMail, Outcome
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts


def open_ticket(envelope: Envelope, facts: Facts) -> Decision:
    """A new ticket; the reason says which default or setting of the mailbox made it so."""
    reason, words = _why(envelope, facts)
    if envelope.mail.error:
        words += " The mail could not be read; the original is attached."
    return Decision(outcome=Outcome.CREATED, reason=reason, words=words, action=Action.OPEN)


def _why(envelope: Envelope, facts: Facts) -> tuple[Reason, str]:
    delivery = envelope.delivery
    if delivery.is_history:
        state = "open" if delivery.existing_mail == ExistingMail.OPEN else "closed"
        return Reason.HISTORY, f"Was there before the mailbox was connected. Setting: import it as {state} tickets."
    if facts.match is not None:
        return (
            Reason.FOLLOWS_CLOSED,
            f"Answers ticket #{facts.match.ticket.number}, which is closed: a new ticket follows it.",
        )
    if delivery.is_header_only:
        limit = megabytes(delivery.limit_bytes)
        return (
            Reason.TOO_LARGE,
            f"{megabytes(delivery.size_bytes)}, over the mailbox's limit of {limit}: from its headers alone.",
        )
    kind = envelope.mail.automation.kind
    if kind is not None:
        return (
            Reason.NEW_MAIL,
            f"New mail, {kind.value} ({envelope.mail.automation.signal}). Default: a ticket without automatic answer.",
        )
    return Reason.NEW_MAIL, "New mail: nothing in it leads to a ticket."


def megabytes(size_bytes: int) -> str:
    """The size for people."""
    return f"{size_bytes / 1024 / 1024:.1f} MB"
