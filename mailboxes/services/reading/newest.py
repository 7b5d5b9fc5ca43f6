"""The newest messages of a folder, looked at where they lie: nothing is recorded here, nothing is changed there."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import timedelta

from helpdesk.lib import clock
from mailboxes.connectors.base import Order, RemoteItem, Source, SourceSession, is_numbered

LOOKED_BACK = timedelta(days=30)  # where a listing begins at a date


def newest_messages(source: Source, *, count: int, max_bytes: int) -> Iterator[tuple[RemoteItem, bytes | None]]:
    """At most `count` messages, the oldest first, one at a time; None for one that is larger or cannot be had.

    Outside any transaction. Raises ConnectorError.
    """
    with source.open() as session:
        items = {item.remote_id: item for item in _newest(session, count)}
        for fetched in session.fetch(list(items.values()), max_bytes=max_bytes):
            yield items[fetched.remote_id], fetched.content


def _newest(session: SourceSession, count: int) -> Iterable[RemoteItem]:
    listed: Iterator[RemoteItem] = iter(())
    if is_numbered(session):
        numbers = deque(session.list_ids(), maxlen=count)
        if numbers:
            listed = session.list_new(cursor=numbers[0] - 1, rescan=0)
    else:
        since = None if session.order is Order.NONE else clock.now() - LOOKED_BACK
        listed = session.list_all(since=since)
    return deque((item for item in listed if not item.other_kind), maxlen=count)
