"""Mail that was there before the mailbox was connected: what is ignored, what is imported, and what is new.

By id where we looked at the folder while connecting; else by the server's date. Both come in whole seconds at best, and
clocks differ: mail that appears later than the first look counts as old only if it is older than SLACK.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mailboxes.connectors.base import RemoteItem
from mailboxes.models import ExistingMail, LedgerReason, Mailbox

SLACK = timedelta(minutes=15)


class Fate(StrEnum):
    """What is done with a message the server shows for the first time; the value is the ledger's reason code."""

    NEW = "new"
    HISTORY = "history"  # imported, never answered
    BEFORE_START = LedgerReason.BEFORE_START
    EXISTING = LedgerReason.EXISTING_MAIL

    @property
    def is_ignored(self) -> bool:
        """True if the message is not imported."""
        return self in (Fate.BEFORE_START, Fate.EXISTING)


@dataclass(frozen=True)
class Boundary:
    """What separates new mail from old in one mailbox."""

    start_at: datetime | None  # hard floor
    connected_at: datetime  # whole seconds, as servers tell dates
    upto: int | None  # highest id that was there while connecting, in this epoch; None when we did not look
    ignores: bool
    is_whole: bool  # a listing of the whole folder, in which dates alone tell old from new

    def fate(self, item: RemoteItem) -> Fate:
        """What is done with this message."""
        if self.start_at and item.received_at and item.received_at < self.start_at:
            return Fate.BEFORE_START
        if not self._was_there(item):
            return Fate.NEW
        return Fate.EXISTING if self.ignores else Fate.HISTORY

    def since(self) -> datetime | None:
        """Nothing received before this moment is imported; None: everything may be."""
        if not self.ignores or self.upto is not None:
            return self.start_at
        return max(self.start_at, self.connected_at) if self.start_at else self.connected_at

    def _was_there(self, item: RemoteItem) -> bool:
        if self.upto is not None and int(item.remote_id) <= self.upto:
            return True
        if item.received_at is None:
            return self.is_whole and self.upto is None
        is_told_by_date = self.is_whole and self.upto is None
        return item.received_at < self.connected_at - (timedelta() if is_told_by_date else SLACK)


def boundary_of(mailbox: Mailbox, *, epoch: str, is_whole: bool) -> Boundary:
    """The boundary of this mailbox in this epoch."""
    return Boundary(
        start_at=mailbox.start_at.replace(microsecond=0) if mailbox.start_at else None,
        connected_at=mailbox.connected_at.replace(microsecond=0),
        upto=mailbox.history_upto if epoch == mailbox.epoch else None,
        ignores=mailbox.existing_mail == ExistingMail.IGNORE,
        is_whole=is_whole,
    )


def reason_data_of(fate: Fate, mailbox: Mailbox) -> dict[str, object]:
    """What the sentence on an ignored message names of the setting."""
    if fate is Fate.BEFORE_START and mailbox.start_at:
        return {"start_at": mailbox.start_at.isoformat()}
    return {}
