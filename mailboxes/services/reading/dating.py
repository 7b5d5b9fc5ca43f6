"""Dates where a listing tells none (POP3): read from what the receiving server wrote at the top of the message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from helpdesk.lib import clock
from mailboxes.connectors.base import Order, RemoteItem, SourceSession
from mailboxes.models import Outcome, RemoteMessage
from mailboxes.services.reading.headers import received_at_of
from mailboxes.services.reading.history import Fate, reason_data_of
from mailboxes.services.reading.ledger import chunks
from mailboxes.services.reading.visit import Visit

HEADER_CHUNK = 100  # header blocks held in memory at once; at most 256 kB each


def dated(items: Iterable[RemoteItem], session: SourceSession) -> Iterator[RemoteItem]:
    """The items with the dates that their headers tell. Raises ConnectorError."""
    for chunk in chunks(items, size=HEADER_CHUNK):
        headers = session.fetch_headers([item.remote_id for item in chunk])
        for item in chunk:
            yield replace(item, received_at=received_at_of(headers.get(item.remote_id, b"")))


def leave_out_early(rows: Iterable[RemoteMessage], visit: Visit) -> list[RemoteMessage]:
    """Those of these pending sightings that came before the mailbox's start have their verdict. Not saved here.

    Asks the server for headers only where a start is set and the listing told no date. Raises ConnectorError.
    """
    start_at = visit.mailbox.start_at
    if visit.session.order is not Order.NONE or start_at is None:
        return []
    undated = [row for row in rows if row.received_at is None]
    headers = visit.session.fetch_headers([row.remote_id for row in undated]) if undated else {}
    early = []
    for row in undated:
        row.received_at = received_at_of(headers.get(row.remote_id, b""))
        if row.received_at is not None and row.received_at < start_at:
            row.outcome, row.decided_at = Outcome.IGNORED, clock.now()
            row.reason_code, row.reason_data = Fate.BEFORE_START, reason_data_of(Fate.BEFORE_START, visit.mailbox)
            early.append(row)
    return early
