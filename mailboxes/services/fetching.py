"""What the ledger lists and storage lacks comes down, in batches bounded in number and bytes, large messages alone.

Each try is counted and committed before it is made. A message whose try did not end (the worker died) is fetched alone
the next time, so that it cannot take others with it. After MAX_TRIES answers that were errors it is Failed, in
quarantine; the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import F

from helpdesk.lib import clock, faults, files
from mailboxes.connectors.base import Fetched, RemoteItem, SourceSession
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import Mailbox, Outcome, RemoteMessage
from mailboxes.services.inbox import Arrival, store
from mailboxes.services.lease import Lease
from mailboxes.services.ledger import Place

BATCH_MESSAGES = 50
BATCH_BYTES = 4 * 1024 * 1024
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


def fetch_missing(
    session: SourceSession, mailbox: Mailbox, lease: Lease, place: Place, *, deadline: float
) -> FetchResult:
    """Every pending message of the place was tried once, or `deadline` (monotonic seconds) has passed.

    Raises ConnectorError for trouble with the server as a whole, which counts against no message; StorageDown
    likewise; LeaseLost.
    """
    result = FetchResult()
    live = _LiveIds(session, place)
    with lease.reading():
        batches = list(_batches(place))
    for ids in batches:
        if clock.monotonic() > deadline:
            result.is_complete = False
            break
        _fetch_batch(ids, session, mailbox, lease, result, is_listed=live)
    return result


class _LiveIds:
    """Whether a sighting is still on the server; the server is asked once, and only if somebody wants to know."""

    def __init__(self, session: SourceSession, place: Place) -> None:
        self._session = session
        self._place = place
        self._ids: set[str] | None = None

    def __call__(self, sighting: RemoteMessage) -> bool:
        here = (self._place.source_generation, self._place.folder, self._place.epoch)
        if (sighting.source_generation, sighting.folder, sighting.epoch) != here:
            return False
        if self._ids is None:
            self._ids = {str(number) for number in self._session.list_ids()}
        return sighting.remote_id in self._ids


def _batches(place: Place) -> Iterator[list[int]]:
    """Ids of pending sightings, oldest first; what has been tried before stands alone."""
    pending = place.sightings().filter(raw=None, outcome=Outcome.PENDING).order_by("id")
    batch: list[int] = []
    batch_bytes = 0
    for row_id, size_bytes, attempts in pending.values_list("id", "size_bytes", "fetch_attempts"):
        stands_alone = attempts > 0 or size_bytes is None or size_bytes > BATCH_BYTES
        is_full = len(batch) >= BATCH_MESSAGES or batch_bytes + (size_bytes or 0) > BATCH_BYTES
        if batch and (is_full or stands_alone):
            yield batch
            batch, batch_bytes = [], 0
        if stands_alone:
            yield [row_id]
        else:
            batch.append(row_id)
            batch_bytes += size_bytes or 0
    if batch:
        yield batch


def _fetch_batch(
    ids: Sequence[int],
    session: SourceSession,
    mailbox: Mailbox,
    lease: Lease,
    result: FetchResult,
    *,
    is_listed: Callable[[RemoteMessage], bool],
) -> None:
    batch = _counted(ids, lease)
    faults.point("poll.counted")
    try:
        for fetched in session.fetch([_item(row) for row in batch.rows.values()], max_bytes=mailbox.max_message_bytes):
            _take(batch, fetched, session, mailbox)
    except ConnectorError:
        _keep_what_came(batch, mailbox, lease, result, is_listed=is_listed)
        raise
    faults.point("poll.fetched")
    _keep_what_came(batch, mailbox, lease, result, is_listed=is_listed)


def _counted(ids: Sequence[int], lease: Lease) -> _Batch:
    """The sightings, one more try counted for each. What was tried too often without an end is given up."""
    with lease.writing():
        rows = RemoteMessage.objects.filter(id__in=ids, raw=None, outcome=Outcome.PENDING).order_by("id")
        rows.update(fetch_attempts=F("fetch_attempts") + 1)
        batch = _Batch(rows={row.remote_id: row for row in rows})
    for row in list(batch.rows.values()):
        if row.fetch_attempts > MAX_DEATHS:
            _fail(row, "fetch_died", "Fetching it never came to an end; the worker died each time.")
            batch.refused.append(batch.rows.pop(row.remote_id))
    return batch


def _item(row: RemoteMessage) -> RemoteItem:
    return RemoteItem(remote_id=row.remote_id, size_bytes=row.size_bytes, received_at=row.received_at)


def _take(batch: _Batch, fetched: Fetched, session: SourceSession, mailbox: Mailbox) -> None:
    """The message is an arrival, or has a verdict."""
    row = batch.rows.pop(fetched.remote_id)
    error = fetched.error
    if fetched.content is not None:
        batch.arrivals.append(Arrival(sighting=row, content=fetched.content))
    elif error is not None and error.reason is Reason.TOO_LARGE:
        _take_header(batch, row, session, mailbox)
    elif error is not None and error.reason is Reason.MESSAGE_GONE:
        row.outcome, row.decided_at, row.reason_code = Outcome.IGNORED, clock.now(), "gone"
        row.reason = "It was gone from the server before it could be fetched."
        batch.refused.append(row)
    else:
        _note_failure(row, error)
        batch.refused.append(row)


def _take_header(batch: _Batch, row: RemoteMessage, session: SourceSession, mailbox: Mailbox) -> None:
    header = session.fetch_headers([row.remote_id]).get(row.remote_id)
    if header:
        batch.arrivals.append(Arrival(sighting=row, content=header, is_header_only=True))
        return
    _fail(row, "too_large", f"Larger than the mailbox takes ({mailbox.max_message_bytes} bytes), and without a header.")
    batch.refused.append(row)


def _note_failure(row: RemoteMessage, error: ConnectorError | None) -> None:
    row.reason_code = str(error.reason) if error else "fetch_failed"
    row.reason = (
        f"The server did not give it: {error.detail or error.reason}." if error else "The server did not give it."
    )
    if row.fetch_attempts >= MAX_TRIES:
        _fail(row, row.reason_code, f"{row.reason} Tried {row.fetch_attempts} times; in quarantine.")


def _fail(row: RemoteMessage, code: str, reason: str) -> None:
    row.outcome, row.decided_at = Outcome.FAILED, clock.now()
    row.reason_code, row.reason = code, reason


def _keep_what_came(
    batch: _Batch,
    mailbox: Mailbox,
    lease: Lease,
    result: FetchResult,
    *,
    is_listed: Callable[[RemoteMessage], bool],
) -> None:
    """Arrivals and verdicts are stored; a try that was nobody's fault is taken back."""
    result.sighting_ids.extend(arrival.sighting.id for arrival in batch.arrivals)
    result.sighting_ids.extend(row.id for row in batch.refused)
    try:
        if batch.arrivals or batch.refused:
            result.stored += store(batch.arrivals, mailbox, lease, refused=batch.refused, is_listed=is_listed)
    except files.StorageDown:
        _take_back([*batch.rows.values(), *(arrival.sighting for arrival in batch.arrivals)], lease)
        raise
    result.failed += sum(row.outcome == Outcome.FAILED for row in batch.refused)
    _take_back(list(batch.rows.values()), lease)


def _take_back(rows: Sequence[RemoteMessage], lease: Lease) -> None:
    if rows:
        with lease.writing():
            RemoteMessage.objects.filter(id__in=[row.id for row in rows]).update(fetch_attempts=F("fetch_attempts") - 1)
