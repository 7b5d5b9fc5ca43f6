"""What can be decided about a mail, and why: as codes and values, which `ticketing/reason_words.py` puts into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from mailboxes.models import Outcome
from ticketing.models.answers import AnswerCause


class Action(Enum):
    """What is written."""

    NOTHING = "nothing"  # the verdict alone
    OPEN = "open"  # a new ticket with the mail as its first message
    ADD = "add"  # a message on a ticket
    BOUNCE = "bounce"  # a bounce on the ticket of the mail that failed
    MENTION = "mention"  # an entry in the ticket's history
    COMPLETE = "complete"  # the message that was made from this mail's headers gets the rest


class Reason(StrEnum):
    """The code of a reason, as the ledger keeps it; each has its sentence in `reason_words`."""

    NEW_MAIL = "new_mail"
    FOLLOWS_CLOSED = "follows_closed"
    HISTORY = "history"
    TOO_LARGE = "too_large"
    COMPLETED = "completed"
    ANSWER = "answer"
    ANSWERS_ONLY = "answers_only"
    SWITCHED_OFF = "switched_off"  # email to ticket, for the whole organization
    OWN_MAIL = "own_mail"
    CHECK_MAIL = "check_mail"
    SENT_FROM_HERE = "sent_from_here"  # our own mail in a folder of sent mail
    SENT_ELSEWHERE = "sent_elsewhere"  # what people of ours wrote with a mail program, there
    DUPLICATE = "duplicate"
    LOOP_STOPPED = "loop_stopped"
    COPY = "copy"  # of a mail that came through another mailbox
    BOUNCE_OF_OURS = "bounce_of_ours"
    DELAY_OF_OURS = "delay_of_ours"
    BOUNCE_OF_SENDING = "bounce_of_sending"  # of a mail that no ticket tells of
    DELAY_OF_SENDING = "delay_of_sending"
    FOREIGN_BOUNCE = "foreign_bounce"
    AUTO_REPLY = "auto_reply"
    VACATION = "vacation"
    READ_RECEIPT = "read_receipt"
    GENERATED = "generated"
    LIST = "list"
    QUIET_NOTE = "quiet_note"
    SPAM_HEADER = "spam_header"
    SPAM_WORDS = "spam_words"
    SPAM_DAEMON = "spam_daemon"
    FEEDBACK_REPORT = "feedback_report"
    FILTERED = "filtered"
    NOT_ALLOWED = "not_allowed"
    MAY_NOT_OPEN = "may_not_open"
    MAY_NOT_UPDATE = "may_not_update"
    QUARANTINED = "quarantined"  # it failed by itself, three times
    DEADLY = "deadly"  # its worker died, three times
    FILE_MISSING = "file_missing"
    JOINED = "joined"  # a person put it into a ticket
    SPLIT_OFF = "split_off"  # a person took it out of one
    DISCARDED = "discarded"  # a person looked at it while it waited


_WHY_SPAM = ("signal", "line", "percent", "words", "daemon")


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on one mail."""

    outcome: Outcome
    reason: Reason
    data: Mapping[str, object] = field(default_factory=dict)  # what the reason's sentence names, in no language; JSON
    action: Action = Action.NOTHING
    ticket_id: int | None = None  # where it goes, or the ticket it would have gone to
    answer: AnswerCause | None = None  # what its sender is to be told by itself, if the guard lets it

    @property
    def follows(self) -> bool:
        """True for a new ticket that follows the closed one which the mail answers."""
        return self.reason is Reason.FOLLOWS_CLOSED or "follows" in self.data

    @property
    def is_sent(self) -> bool:
        """True for a message that somebody of ours wrote with a mail program."""
        return self.reason is Reason.SENT_ELSEWHERE

    @property
    def is_quiet(self) -> bool:
        """True for a message that is on its ticket and changes nothing else about it."""
        return self.reason is Reason.QUIET_NOTE

    @property
    def why_spam(self) -> dict[str, object]:
        """By what it was taken for spam, as far as that is said."""
        return {name: self.data[name] for name in _WHY_SPAM if name in self.data}

    @property
    def is_spam(self) -> bool:
        """True for a new ticket that stands among the spam."""
        return self.outcome == Outcome.SPAM
