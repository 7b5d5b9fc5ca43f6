"""The newest messages of a folder, looked at where they lie: nothing is recorded here, nothing is changed there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from helpdesk.lib import clock
from mailboxes.connectors.base import Order, RemoteItem, Source, SourceSession, is_numbered

LOOKED_BACK = (timedelta(days=30), timedelta(days=365))  # where a listing begins at a date; the next if it gave too few
_LISTED_BETWEEN = 500  # messages, between two signs of life


@dataclass(frozen=True, slots=True)
class Lying:
    """One of the newest messages."""

    item: RemoteItem
    content: bytes | None  # None: larger than wanted, or not to be had
    of: int  # so many are there in all, of those wanted


def newest_messages(
    source: Source, *, count: int, max_bytes: int, alive: Callable[[], None] = lambda: None
) -> Iterator[Lying]:
    """At most `count` messages, the newest first, one at a time. Whoever takes no more of them ends the session.

    alive: called now and then while the folder is listed. Outside any transaction. Raises ConnectorError.
    """
    with source.open() as session:
        newest = list(_newest(session, count, alive))[::-1]
        items = {item.remote_id: item for item in newest}
        for fetched in session.fetch(newest, max_bytes=max_bytes):
            yield Lying(items[fetched.remote_id], fetched.content, of=len(newest))


def _newest(session: SourceSession, count: int, alive: Callable[[], None]) -> Iterable[RemoteItem]:
    if is_numbered(session):
        numbers = deque(session.list_ids(), maxlen=count)
        return _last(session.list_new(cursor=numbers[0] - 1, rescan=0), count, alive) if numbers else ()
    if session.order is Order.NONE:
        return _last(session.list_all(since=None), count, alive)
    found: Iterable[RemoteItem] = ()
    for back in LOOKED_BACK:
        found = _last(session.list_all(since=clock.now() - back), count, alive)
        if len(found) == count:
            break
    return found


def _last(listed: Iterable[RemoteItem], count: int, alive: Callable[[], None]) -> deque[RemoteItem]:
    last: deque[RemoteItem] = deque(maxlen=count)
    for number, item in enumerate(listed, start=1):
        if number % _LISTED_BETWEEN == 0:
            alive()
        if not item.other_kind:
            last.append(item)
    return last
