"""What is in a folder: ids, sizes and dates, in bounded commands and answers. Flags play no part (F36).

A folder of a million messages is walked in windows: imaplib takes no line above 1,000,000 bytes, and a SEARCH answer is
one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from mailboxes.connectors.base import RemoteItem
from mailboxes.connectors.errors import ConnectorError
from mailboxes.connectors.imap_answers import listed_items, searched_ids
from mailboxes.connectors.imap_folder import OpenFolder
from mailboxes.connectors.wire import ConnectionEndedError

SEARCH_WINDOW = 50_000  # ids a SEARCH answer may name: at most 11 bytes each
DESCRIBE_WINDOW = 1_000  # messages a FETCH of sizes and dates covers
_ATTRIBUTES = "(UID RFC822.SIZE INTERNALDATE)"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def items_above(folder: OpenFolder, *, cursor: int, rescan: int) -> Iterator[RemoteItem]:
    """Items with an id above `cursor - rescan`, ascending."""
    first = max(1, cursor - rescan + 1)
    highest = folder.state.highest_id
    if folder.state.count == 0:
        return
    if highest is not None and highest - first < DESCRIBE_WINDOW:
        near = _items_from(folder, first=first)
        if near is not None:
            yield from near
            return
    for ids in _windows(folder, first=first, criteria=()):
        yield from _described(folder, ids)


def items_since(folder: OpenFolder, *, since: datetime | None) -> Iterator[RemoteItem]:
    """Items received at or after `since` (aware; all when None), ascending. Without a date an item is included."""
    for ids in _windows(folder, first=1, criteria=_since(since)):
        for item in _described(folder, ids):
            if since is None or item.received_at is None or item.received_at >= since:
                yield item


def count_since(folder: OpenFolder, *, since: datetime) -> int:
    """How many `items_since` gives. The server counts by days; only on those around `since` dates are compared.

    Where it refuses to search by dates, every date is compared.
    """
    count = 0
    likely = _windows(folder, first=1, criteria=_since(since))
    near = _windows(folder, first=1, criteria=(*_since(since), "BEFORE", _day(since + timedelta(days=2))))
    for found, close in zip(likely, near, strict=True):
        count += len(set(found).difference(close))
        count += sum(item.received_at is None or item.received_at >= since for item in _described(folder, close))
    return count


def ids(folder: OpenFolder) -> Iterator[int]:
    """The ids of everything in the folder, ascending."""
    for window in _windows(folder, first=1, criteria=()):
        yield from window


def _items_from(folder: OpenFolder, *, first: int) -> list[RemoteItem] | None:
    """The few items from `first` on in one command; None when the answer cannot be read or the server says no."""
    try:
        answers = folder.ask("UID", "FETCH", f"{first}:*", _ATTRIBUTES, name="FETCH")
    except ConnectionEndedError:
        raise
    except ConnectorError as error:
        if error.retry_after_s is not None:
            raise
        return None
    items = listed_items(answers)
    if len(items) < len(answers):
        return None
    # `n:*` always includes the last message, even below n (RFC 9051 section 9, seq-range)
    return [items[uid] for uid in sorted(items) if uid >= first]


def _windows(folder: OpenFolder, *, first: int, criteria: Sequence[str]) -> Iterator[list[int]]:
    """The ids from `first` on in ascending lists, each from one SEARCH."""
    if folder.state.count == 0:
        return
    start, highest = first, folder.state.highest_id
    if folder.state.count > SEARCH_WINDOW:
        highest = _last_id(folder) if highest is None else highest
        while start + SEARCH_WINDOW <= highest:
            yield _search(folder, f"{start}:{start + SEARCH_WINDOW - 1}", criteria=criteria)
            start += SEARCH_WINDOW
    yield [uid for uid in _search(folder, f"{start}:*", criteria=criteria) if uid >= start]


def _last_id(folder: OpenFolder) -> int:
    answers = folder.ask("FETCH", "*", "(UID)", name="FETCH")
    return max(listed_items(answers), default=0)


def _search(folder: OpenFolder, uids: str, *, criteria: Sequence[str]) -> list[int]:
    """The ids in the range that meet the criteria; all in the range if the server refuses the criteria.

    No CHARSET is ever named: the criteria are ASCII, and Exchange refuses it (F70).
    """
    try:
        return searched_ids(folder.ask("UID", "SEARCH", "UID", uids, *criteria, name="SEARCH"))
    except ConnectionEndedError:
        raise
    except ConnectorError as error:
        if not criteria or error.retry_after_s is not None:
            raise
        return searched_ids(folder.ask("UID", "SEARCH", "UID", uids, name="SEARCH"))


def days(since: datetime, before: datetime) -> tuple[str, ...]:
    """What narrows a search to messages received then; servers compare days in zones of their own."""
    return (*_since(since), "BEFORE", _day(before + timedelta(days=2)))


def _since(moment: datetime | None) -> tuple[str, ...]:
    """SINCE compares days in a zone the server chooses, so that a day earlier is asked for (RFC 9051 section 6.4.4)."""
    if moment is None:
        return ()
    return "SINCE", _day(moment - timedelta(days=1))


def _day(moment: datetime) -> str:
    return f"{moment.day}-{_MONTHS[moment.month - 1]}-{moment.year}"


def _described(folder: OpenFolder, ids: Sequence[int]) -> Iterator[RemoteItem]:
    """Size and date of each id, in order; both None where the server does not tell."""
    for start in range(0, len(ids), DESCRIBE_WINDOW):
        window = ids[start : start + DESCRIBE_WINDOW]
        items = _answered(folder, window)
        for uid in window:
            yield items.get(uid) or RemoteItem(remote_id=str(uid), size_bytes=None, received_at=None)


def _answered(folder: OpenFolder, ids: Sequence[int]) -> dict[int, RemoteItem]:
    """What the server tells of these ids; where it fails on one, the others are asked for apart (F1)."""
    try:
        return listed_items(folder.ask("UID", "FETCH", f"{ids[0]}:{ids[-1]}", _ATTRIBUTES, name="FETCH"))
    except ConnectionEndedError:
        raise
    except ConnectorError as error:
        if error.retry_after_s is not None:
            raise
    if len(ids) == 1:
        return {}
    middle = len(ids) // 2
    return _answered(folder, ids[:middle]) | _answered(folder, ids[middle:])
