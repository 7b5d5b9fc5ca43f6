"""What the ledger lists and storage lacks comes down, in batches bounded in number and bytes, large messages alone.

What has been tried before stands alone, so that a message that kills its worker cannot take others with it.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from helpdesk.lib import clock
from mailboxes.connectors.base import SourceSession
from mailboxes.models import Outcome, RemoteMessage
from mailboxes.services.reading.fetch_batch import FetchResult, fetch_batch
from mailboxes.services.reading.ledger import Place
from mailboxes.services.reading.visit import Visit

BATCH_MESSAGES = 50
BATCH_BYTES = 4 * 1024 * 1024


def fetch_missing(visit: Visit, place: Place, *, deadline: float) -> FetchResult:
    """Every pending message of the place was tried once, or `deadline` (monotonic seconds) has passed.

    Raises ConnectorError for trouble with the server as a whole, which counts against no message; StorageDown
    likewise; LeaseLost.
    """
    result = FetchResult()
    live = _LiveIds(visit.session, place)
    with visit.lease.reading():
        batches = list(_batches(place))
    for ids in batches:
        if clock.monotonic() > deadline:
            result.is_complete = False
            break
        fetch_batch(ids, visit, result=result, is_listed=live)
    return result


def missing(place: Place) -> QuerySet[RemoteMessage]:
    """The sightings whose bytes storage lacks. Needs the scope."""
    return place.sightings().filter(raw=None, outcome=Outcome.PENDING)


class _LiveIds:
    """Whether a sighting is still on the server, which is asked only if somebody wants to know."""

    def __init__(self, session: SourceSession, place: Place) -> None:
        self._session = session
        self._place = place

    def __call__(self, sighting: RemoteMessage) -> bool:
        here = (self._place.source_generation, self._place.folder, self._place.epoch)
        if (sighting.source_generation, sighting.folder, sighting.epoch) != here:
            return False
        return bool(self._session.still_there([sighting.remote_id]))


def _batches(place: Place) -> Iterator[list[int]]:
    """Ids of pending sightings, oldest first; what has been tried before stands alone."""
    batch: list[int] = []
    batch_bytes = 0
    for row_id, size_bytes, attempts in missing(place).order_by("id").values_list("id", "size_bytes", "fetch_attempts"):
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
