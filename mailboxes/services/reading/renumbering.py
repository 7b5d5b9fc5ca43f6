"""A server that gives known numbers to other messages under its old UIDVALIDITY, as one restored from a backup (F41).

Sizes and dates only raise the suspicion: some servers guess them anew each time. The Message-ID decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from mailboxes.connectors.base import RemoteItem
from mailboxes.services.reading.headers import message_id_of
from mailboxes.services.reading.ledger import Look, Place, chunks
from mailboxes.services.reading.visit import Visit

SUSPECTS = 20  # whose headers are looked at, the newest; a folder numbered anew has many


def split_at(cursor: int, items: Iterable[RemoteItem]) -> tuple[list[RemoteItem], Iterator[RemoteItem]]:
    """The items up to `cursor`, and those behind it, which are not read yet; the items must ascend."""
    rest = iter(items)
    known: list[RemoteItem] = []
    for item in rest:
        if int(item.remote_id) > cursor:
            return known, chain([item], rest)
        known.append(item)
    return known, iter(())


def is_numbered_anew(items: Iterable[RemoteItem], visit: Visit, *, place: Place) -> bool:
    """True if one of these numbers stands for another message than the ledger says. Raises ConnectorError."""
    suspects: list[tuple[RemoteItem, Look]] = []
    for chunk in chunks(items):
        with visit.lease.reading():
            looks = place.looks([item.remote_id for item in chunk])
        suspects.extend((item, look) for item in chunk if (look := looks.get(item.remote_id)) and _differ(item, look))
    suspects = suspects[-SUSPECTS:]
    if not suspects:
        return False
    headers = visit.session.fetch_headers([item.remote_id for item, _ in suspects])
    return any(_is_other(item, look, header=headers.get(item.remote_id, b"")) for item, look in suspects)


def _differ(item: RemoteItem, look: Look) -> bool:
    return _has_other_size(item, look) or _has_other_date(item, look)


def _is_other(item: RemoteItem, look: Look, *, header: bytes) -> bool:
    message_id = message_id_of(header)
    if message_id and look.message_id:
        return message_id != look.message_id
    return _has_other_size(item, look) and _has_other_date(item, look)


def _has_other_size(item: RemoteItem, look: Look) -> bool:
    return None not in (item.size_bytes, look.size_bytes) and item.size_bytes != look.size_bytes


def _has_other_date(item: RemoteItem, look: Look) -> bool:
    return None not in (item.received_at, look.received_at) and item.received_at != look.received_at
