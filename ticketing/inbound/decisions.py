"""What can be decided about a mail, why, and in which words the inbound log says it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from mailboxes.models import Outcome


class Action(Enum):
    """What is written."""

    NOTHING = "nothing"  # the verdict alone
    OPEN = "open"  # a new ticket with the mail as its first message
    ADD = "add"  # a message on a ticket
    BOUNCE = "bounce"  # a bounce on the ticket of the mail that failed


class Reason(StrEnum):
    """The code of a reason, for filters and tests."""

    NEW_MAIL = "new_mail"
    FOLLOWS_CLOSED = "follows_closed"
    HISTORY = "history"
    TOO_LARGE = "too_large"
    ANSWER = "answer"
    OWN_MAIL = "own_mail"
    DUPLICATE = "duplicate"
    BOUNCE_OF_OURS = "bounce_of_ours"
    DELAY_OF_OURS = "delay_of_ours"
    FOREIGN_BOUNCE = "foreign_bounce"
    AUTO_REPLY = "auto_reply"
    READ_RECEIPT = "read_receipt"
    FEEDBACK_REPORT = "feedback_report"
    QUARANTINED = "quarantined"
    FILE_MISSING = "file_missing"


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on one mail."""

    outcome: Outcome
    reason: Reason
    words: str  # one or two sentences that name the deciding setting or default
    action: Action = Action.NOTHING
    ticket_id: int | None = None  # where it goes, or the ticket it would have gone to
