"""One batch of messages: tries counted, bytes fetched, what came handed to the inbox with its verdicts.

Each try is counted and committed before it is made, and taken back when the failure was not about the message. After
MAX_TRIES answers that were errors a message is Failed, in quarantine; the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db.models import F

from helpdesk.lib import clock, faults, files
from helpdesk.lib.text import clean_text
from mailboxes.connectors.base import Fetched, Order, RemoteItem
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import LedgerReason, Outcome, RemoteMessage
from mailboxes.services.reading.dating import leave_out_early
from mailboxes.services.reading.headers import received_at_of
from mailboxes.services.reading.inbox import Arrival, store
from mailboxes.services.reading.lease import Lease
from mailboxes.services.reading.visit import Visit

MAX_TRIES = 3  # that the server answered with an error
MAX_DEATHS = 10  # tries that never ended: ours or a restart's fault, unless it is always this one


@dataclass
class FetchResult:
    """What one pass over the missing messages did."""

    stored: int = 0
    failed: int = 0
    sighting_ids: list[int] = field(default_factory=list)  # tried in this pass
    is_complete: bool = True  # False: the time ran out first


@dataclass
class _Batch:
    """Sightings that are fetched together, and what came of them."""

    rows: dict[str, RemoteMessage]
    arrivals: list[Arrival] = field(default_factory=list)
    refused: list[RemoteMessage] = field(default_factory=list)
    too_large: list[RemoteMessage] = field(default_factory=list)  # still among `rows`
    told_ids: frozenset[int] = frozenset()  # given up before, and tried once more by a reconciliation

    @property
    def failed(self) -> list[RemoteMessage]:
        """What is given up now."""
        return [row for row in self.refused if row.outcome == Outcome.FAILED]


def fetch_batch(
    ids: Sequence[int], visit: Visit, *, result: FetchResult, is_listed: Callable[[RemoteMessage], bool]
) -> None:
    """These pending sightings have been tried once, and `result` counts what came.

    Raises ConnectorError and StorageDown; what came before is kept, and tries that were nobody's fault taken back.
    """
    batch = _counted(ids, visit.lease)
    faults.point("poll.counted")
    try:
        for early in leave_out_early(batch.rows.values(), visit):
            batch.refused.append(batch.rows.pop(early.remote_id))
        items = [_item(row) for row in batch.rows.values()]
        for fetched in visit.session.fetch(items, max_bytes=visit.mailbox.max_message_bytes):
            _take(batch, fetched, is_dated=visit.session.order is not Order.NONE)
        _take_headers(batch, visit)
    except ConnectorError:
        _keep_what_came(batch, visit, result, is_listed=is_listed)
        raise
    faults.point("poll.fetched")
    _keep_what_came(batch, visit, result, is_listed=is_listed)


def _counted(ids: Sequence[int], lease: Lease) -> _Batch:
    """The sightings, one more try counted for each. What was tried too often without an end is given up."""
    with lease.writing():
        rows = RemoteMessage.objects.filter(id__in=ids, raw=None, outcome=Outcome.PENDING).order_by("id")
        rows.update(fetch_attempts=F("fetch_attempts") + 1)
        told = frozenset(row.id for row in rows if _was_given_up(row))
        batch = _Batch(rows={row.remote_id: row for row in rows}, told_ids=told)
    for row in list(batch.rows.values()):
        if row.fetch_attempts > MAX_DEATHS:
            _fail(row, LedgerReason.FETCH_DIED)
            batch.refused.append(batch.rows.pop(row.remote_id))
    return batch


def _was_given_up(row: RemoteMessage) -> bool:
    """True if it failed for good, and no person has asked for it since."""
    return row.reason_code in (LedgerReason.FETCH_DIED, LedgerReason.HEADER_UNREADABLE) or "tries" in row.reason_data


def _item(row: RemoteMessage) -> RemoteItem:
    return RemoteItem(remote_id=row.remote_id, size_bytes=row.size_bytes, received_at=row.received_at)


def _take(batch: _Batch, fetched: Fetched, *, is_dated: bool) -> None:
    """The message is an arrival, or has a verdict, or its header is to be fetched."""
    error = fetched.error
    if error is not None and error.reason is Reason.TOO_LARGE:
        batch.too_large.append(batch.rows[fetched.remote_id])
        return
    row = batch.rows.pop(fetched.remote_id)
    if fetched.content is not None:
        if not is_dated:
            row.received_at = received_at_of(fetched.content)
        batch.arrivals.append(Arrival(sighting=row, content=fetched.content))
        return
    if error is not None and error.reason is Reason.MESSAGE_GONE:
        row.outcome, row.decided_at = Outcome.IGNORED, clock.now()
        row.reason_code, row.reason_data = LedgerReason.GONE, {}
    else:
        _note_failure(row, error)
    batch.refused.append(row)


def _take_headers(batch: _Batch, visit: Visit) -> None:
    """Of messages above the mailbox's limit the header block arrives; without one they have failed."""
    remote_ids = [row.remote_id for row in batch.too_large]
    headers = visit.session.fetch_headers(remote_ids) if remote_ids else {}
    for row in batch.too_large:
        del batch.rows[row.remote_id]
        header = headers.get(row.remote_id)
        if header:
            batch.arrivals.append(Arrival(sighting=row, content=header, is_header_only=True))
        else:
            _fail(row, LedgerReason.HEADER_UNREADABLE, limit_bytes=visit.mailbox.max_message_bytes)
            batch.refused.append(row)


def _note_failure(row: RemoteMessage, error: ConnectorError | None) -> None:
    row.reason_code = LedgerReason.FETCH_FAILED
    row.reason_data = {"cause": str(error.reason), "said": clean_text(error.detail)} if error else {}
    if row.fetch_attempts >= MAX_TRIES:
        _fail(row, row.reason_code, **row.reason_data, tries=row.fetch_attempts)


def _fail(row: RemoteMessage, code: str, **data: object) -> None:
    row.outcome, row.decided_at = Outcome.FAILED, clock.now()
    row.reason_code, row.reason_data = code, data


def _keep_what_came(
    batch: _Batch, visit: Visit, result: FetchResult, *, is_listed: Callable[[RemoteMessage], bool]
) -> None:
    """Arrivals and verdicts are stored; a try that was nobody's fault is taken back."""
    result.sighting_ids.extend(arrival.sighting.id for arrival in batch.arrivals)
    result.sighting_ids.extend(row.id for row in batch.refused)
    try:
        if batch.arrivals or batch.refused:
            gives_up = any(row.id not in batch.told_ids for row in batch.failed)
            result.stored += store(batch.arrivals, visit, refused=batch.refused, gives_up=gives_up, is_listed=is_listed)
    except files.StorageDown:
        _take_back([*batch.rows.values(), *(arrival.sighting for arrival in batch.arrivals)], visit.lease)
        raise
    result.failed += len(batch.failed)
    _take_back(list(batch.rows.values()), visit.lease)


def _take_back(rows: Sequence[RemoteMessage], lease: Lease) -> None:
    if rows:
        with lease.writing():
            RemoteMessage.objects.filter(id__in=[row.id for row in rows]).update(fetch_attempts=F("fetch_attempts") - 1)
