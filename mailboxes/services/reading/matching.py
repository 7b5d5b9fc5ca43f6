"""Known mail under new numbers: after a folder was numbered anew nothing is downloaded or imported twice (F39).

Size, date and Message-ID together tell a message, and each earlier sighting is used once. What cannot be told that way
(no Message-ID) is downloaded, and its hash tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from helpdesk.lib import clock
from mailboxes.connectors.base import SourceSession
from mailboxes.models import AckState, LedgerReason, Outcome, RemoteMessage
from mailboxes.services.reading.headers import message_id_of
from mailboxes.services.reading.lease import Lease
from mailboxes.services.reading.ledger import Place, chunks

HEADER_CHUNK = 100  # header blocks held in memory at once; at most 256 kB each

Look = tuple[int | None, datetime | None]  # what a listing tells of a message


class Matcher:
    """Finds the earlier sighting of each newly numbered message."""

    def __init__(self, session: SourceSession, lease: Lease, place: Place) -> None:
        self._session = session
        self._earlier: dict[Look, list[RemoteMessage]] = defaultdict(list)
        with lease.reading():
            roots = place.earlier().filter(resighting_of=None).exclude(message_id="").order_by("id")
            for root in roots.only("message_id", "raw_id", "ack_state", "ack_due_at", "size_bytes", "received_at"):
                self._earlier[root.size_bytes, root.received_at].append(root)

    def match(self, rows: Sequence[RemoteMessage]) -> None:
        """Each new row that shows a message seen earlier says so, and has its bytes and verdict. Not yet saved."""
        candidates = [row for row in rows if self._earlier.get((row.size_bytes, row.received_at))]
        for chunk in chunks(candidates, size=HEADER_CHUNK):
            headers = self._session.fetch_headers([row.remote_id for row in chunk])
            for row in chunk:
                self._match_one(row, message_id=message_id_of(headers.get(row.remote_id, b"")))

    def take_over(self, rows: Sequence[RemoteMessage]) -> None:
        """Rows that match have taken over what was still to be done on the server. In the rows' transaction."""
        replaced = [row.resighting_of_id for row in rows if row.resighting_of_id]
        RemoteMessage.objects.filter(id__in=replaced).update(ack_state=AckState.NONE, ack_due_at=None)

    def _match_one(self, row: RemoteMessage, *, message_id: str) -> None:
        if not message_id:
            return
        same_look = self._earlier[row.size_bytes, row.received_at]
        found = next((earlier for earlier in same_look if earlier.message_id == message_id), None)
        if found is None:
            return
        same_look.remove(found)
        row.message_id, row.raw_id = found.message_id, found.raw_id
        mark_resighting(row, found)


def mark_resighting(row: RemoteMessage, original: RemoteMessage) -> None:
    """The row shows a message already in the ledger under another number; its verdict is final. Not saved here.

    What was still to be done on the server is to be done under this number; what was done is not done again.
    """
    row.resighting_of_id = original.id
    row.outcome, row.decided_at = Outcome.DUPLICATE, clock.now()
    row.reason_code, row.reason_data = LedgerReason.SEEN_AGAIN, {}
    is_due = original.ack_state in (AckState.DUE, AckState.FAILED)
    row.ack_state, row.ack_due_at = (AckState.DUE, original.ack_due_at) if is_due else (AckState.NONE, None)
