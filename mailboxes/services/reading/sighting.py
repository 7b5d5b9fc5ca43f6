"""Sightings into the ledger: what a listing shows and the ledger lacks gets a row, with its fate. Nothing is moved here
that narrows the next listing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from helpdesk.lib import clock, faults
from mailboxes.connectors.base import RemoteItem
from mailboxes.models import LedgerReason, Mailbox, Outcome, RemoteMessage
from mailboxes.services.reading import matching
from mailboxes.services.reading.history import Boundary, Fate, reason_data_of
from mailboxes.services.reading.ledger import Place, chunks
from mailboxes.services.reading.visit import Visit


class Passing:
    """A listing that passes by, and what is remembered of it.

    leaves_out: of ignored history only the number is kept: a row for each would be a table of other people's old mail.
    """

    def __init__(self, items: Iterable[RemoteItem], *, boundary: Boundary, leaves_out: bool = False) -> None:
        self._items = items
        self._boundary = boundary
        self._leaves_out = leaves_out
        self.kept = self.left_out = 0
        self.highest = 0  # only where ids are numbers
        self.latest: datetime | None = None

    def __iter__(self) -> Iterator[RemoteItem]:
        """The items that get a row."""
        for item in self._items:
            self._note(item)
            if self._leaves_out and self._boundary.fate(item).is_ignored:
                self.left_out += 1
            else:
                self.kept += 1
                yield item

    def _note(self, item: RemoteItem) -> None:
        if item.remote_id.isascii() and item.remote_id.isdecimal():
            self.highest = max(self.highest, int(item.remote_id))
        if item.received_at is not None:
            self.latest = max(self.latest or item.received_at, item.received_at)


def record(
    items: Iterable[RemoteItem],
    visit: Visit,
    *,
    place: Place,
    boundary: Boundary,
    is_matched: bool = False,
    besides: Callable[[Sequence[RemoteMessage]], None] | None = None,
) -> int:
    """What the ledger lacks of these items is in it; gives how many that were.

    is_matched: compare each new item with what was seen under other numberings. besides: done with the new rows, in the
    transaction that writes them.
    """
    lease = visit.lease
    matcher = matching.Matcher(visit.session, lease, place) if is_matched else None
    new = 0
    for chunk in chunks(items):
        with lease.reading():
            fresh = _unknown(chunk, place, boundary)
        if not fresh:
            continue
        rows = [_row(item, visit.mailbox, place, fate=boundary.fate(item)) for item in fresh]
        if matcher:
            matcher.match(rows)
        with lease.writing():
            RemoteMessage.objects.bulk_create(rows)
            if matcher:
                matcher.take_over(rows)
            if besides:
                besides(rows)
        faults.point("poll.sighted")
        new += len(rows)
    return new


def _unknown(chunk: list[RemoteItem], place: Place, boundary: Boundary) -> list[RemoteItem]:
    known = place.known_ids([item.remote_id for item in chunk])
    upto = place.ignored_upto()
    return [
        item
        for item in chunk
        if item.remote_id not in known and not (upto and int(item.remote_id) <= upto and boundary.fate(item).is_ignored)
    ]


def _row(item: RemoteItem, mailbox: Mailbox, place: Place, *, fate: Fate) -> RemoteMessage:
    row = RemoteMessage(
        organization_id=mailbox.organization_id,
        mailbox_id=place.mailbox_id,
        source_generation=place.source_generation,
        folder=place.folder,
        epoch=place.epoch,
        remote_id=item.remote_id,
        size_bytes=item.size_bytes,
        received_at=item.received_at,
        seen_at=clock.now(),
        is_history=fate is Fate.HISTORY,
    )
    if fate.is_ignored:
        row.outcome, row.decided_at = Outcome.IGNORED, row.seen_at
        row.reason_code, row.reason_data = fate.value, reason_data_of(fate, mailbox)
    elif item.other_kind:
        row.outcome, row.decided_at = Outcome.IGNORED, row.seen_at
        row.reason_code, row.reason_data = LedgerReason.NOT_MAIL, {"kind": item.other_kind}
    return row
