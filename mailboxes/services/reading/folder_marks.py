"""What a mailbox remembers of its folder. Each function is part of the caller's transaction."""

from __future__ import annotations

from datetime import datetime

from helpdesk.lib import clock
from mailboxes.connectors.base import FolderState
from mailboxes.models import IgnoredRange, LedgerReason, Mailbox, Outcome
from mailboxes.services.reading.ledger import Place


def move_cursor(mailbox: Mailbox, place: Place, *, state: FolderState, highest: int) -> None:
    """The mailbox remembers how far the listing went. `highest` 0: nothing was listed."""
    mailbox.cursor = max(mailbox.cursor, highest) if place.epoch == mailbox.epoch else highest
    mailbox.epoch, mailbox.fingerprint, mailbox.is_history_settled = place.epoch, state.fingerprint, True
    mailbox.save(update_fields=["cursor", "epoch", "fingerprint", "is_history_settled"])


def move_watermark(mailbox: Mailbox, place: Place, *, state: FolderState, latest: datetime | None) -> None:
    """The mailbox remembers up to which received date the listing went. `latest` None: nothing dated was listed."""
    stands = mailbox.watermark_at if place.epoch == mailbox.epoch else None
    mailbox.watermark_at = max(stands, latest) if stands and latest else latest or stands
    mailbox.epoch, mailbox.fingerprint, mailbox.is_history_settled = place.epoch, state.fingerprint, True
    mailbox.save(update_fields=["watermark_at", "epoch", "fingerprint", "is_history_settled"])


def mark_reconciled(mailbox: Mailbox, state: FolderState) -> None:
    """The whole folder in this state has been compared with the ledger. Inside the caller's transaction."""
    mailbox.reconciled_at, mailbox.reconciled_fingerprint = clock.now(), state.fingerprint
    mailbox.reconciled_count = state.count
    mailbox.save(update_fields=["reconciled_at", "reconciled_fingerprint", "reconciled_count"])


def ignore_upto(mailbox: Mailbox, place: Place, *, highest: int, count: int) -> None:
    """Ids up to `highest` without a sighting are ignored history. Inside the caller's transaction."""
    IgnoredRange.objects.update_or_create(
        organization_id=mailbox.organization_id,
        mailbox=mailbox,
        source_generation=place.source_generation,
        folder=place.folder,
        epoch=place.epoch,
        defaults={"upto_id": highest, "count": count, "created_at": clock.now()},
    )


def ignore_nothing(place: Place) -> None:
    """No ids here are ignored as a range: all that were there are let in. Inside the caller's transaction."""
    place.ignored_ranges().delete()


def close_unfetched(place: Place) -> None:
    """What was seen under another numbering and never fetched will not be: its message has a new number, or is gone."""
    place.earlier().filter(raw=None, outcome=Outcome.PENDING).update(
        outcome=Outcome.IGNORED,
        reason_code=LedgerReason.RENUMBERED,
        reason_data={},
        decided_at=clock.now(),
    )
