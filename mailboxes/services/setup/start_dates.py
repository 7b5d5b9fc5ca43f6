"""Another start date, or another choice for mail that was there before, for a mailbox that is polled already.

What is here stays. What is left out from now on and was not fetched yet is ignored; what is let in is imported by the
next poll, which looks at the whole folder again, and counts as history: nothing of it is ever answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from helpdesk.lib import clock
from mailboxes.models import ExistingMail, LedgerReason, Mailbox, Outcome, RemoteMessage
from mailboxes.services.reading.history import SLACK, Fate, reason_data_of

_LEFT_OUT = (LedgerReason.BEFORE_START, LedgerReason.EXISTING_MAIL)


@dataclass(frozen=True)
class Start:
    """What separates the mail of a mailbox that is imported from what is left alone."""

    start_at: datetime | None
    existing_mail: str

    @classmethod
    def of(cls, mailbox: Mailbox) -> Start:
        """As it stands."""
        return cls(mailbox.start_at, mailbox.existing_mail)

    def lets_in_more_than(self, other: Start) -> bool:
        """True if mail that the other leaves alone is imported."""
        if self.existing_mail == ExistingMail.IGNORE:
            return False
        if other.existing_mail == ExistingMail.IGNORE:
            return True
        return other.start_at is not None and (self.start_at is None or self.start_at < other.start_at)


def move_start(mailbox: Mailbox, *, before: Start) -> None:
    """The ledger follows the mailbox's start, which was `before` until now.

    Inside the caller's transaction, which also takes the lease from a poll under way.
    """
    unfetched = RemoteMessage.objects.filter(
        mailbox=mailbox, source_generation=mailbox.source_generation, folder=mailbox.folder, raw=None
    )
    _leave_out(unfetched.filter(outcome=Outcome.PENDING), mailbox)
    if not Start.of(mailbox).lets_in_more_than(before):
        return
    _let_in(unfetched.filter(outcome=Outcome.IGNORED, reason_code__in=_LEFT_OUT, epoch=mailbox.epoch), mailbox)
    if before.start_at and before.start_at > mailbox.connected_at:  # what came between was left out: it is history
        mailbox.connected_at = min(before.start_at + SLACK, clock.now())
    mailbox.is_history_settled = False
    mailbox.save(update_fields=["connected_at", "is_history_settled"])


def _leave_out(pending: QuerySet[RemoteMessage], mailbox: Mailbox) -> None:
    if mailbox.start_at is not None:
        _ignore(pending.filter(received_at__lt=mailbox.start_at), mailbox, fate=Fate.BEFORE_START)
    if mailbox.existing_mail == ExistingMail.IGNORE:
        _ignore(pending.filter(is_history=True), mailbox, fate=Fate.EXISTING)


def _ignore(rows: QuerySet[RemoteMessage], mailbox: Mailbox, *, fate: Fate) -> None:
    rows.update(
        outcome=Outcome.IGNORED,
        reason_code=fate.value,
        reason_data=reason_data_of(fate, mailbox),
        decided_at=clock.now(),
    )


def _let_in(ignored: QuerySet[RemoteMessage], mailbox: Mailbox) -> None:
    if mailbox.start_at is not None:
        ignored = ignored.filter(Q(received_at__gte=mailbox.start_at) | Q(received_at=None))
    ignored.update(
        outcome=Outcome.PENDING,
        reason_code="",
        reason_data={},
        decided_at=None,
        is_history=True,
        fetch_attempts=0,
    )
