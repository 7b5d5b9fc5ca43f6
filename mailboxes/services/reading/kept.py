"""Connections this process keeps between polls, at most one for an account, each exclusively one poll's while in use.

A poll that went well puts its connection here, the next one of the same account takes it. What is kept ends with its
time (IDLE_S unused, AGE_S in all), with a change of the settings it was made with, when its mailbox is paused or
deleted, when the server says that there are too many, and with the process. A thread of its own sees to that; it knows
the cache alone and no organization's data. Other processes learn of changes by a mark in the cache that changes.
"""

from __future__ import annotations

import atexit
import os
import random
import resource
import secrets
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from redis.exceptions import RedisError

from helpdesk.lib import clock
from mailboxes.connectors.keeping import Client
from mailboxes.services.reading.accounts import Account
from mailboxes.services.reading.crowding import keys_of
from mailboxes.services.reading.places import give_up_place, give_up_places, keep_place

IDLE_S = 240.0  # servers let idle clients be for 30 minutes (RFC 9051 section 5.4), routers between forget after 5
AGE_S = (45 * 60.0, 60 * 60.0)  # then somebody signs in again: tokens last an hour, and passwords change elsewhere
PLACE_S = 60.0
TIDY_EVERY_S = 5.0
RENEW_EVERY_S = 20.0
_MARK_S: Final = 2 * int(AGE_S[1])  # whatever was kept under a mark is gone before the mark is


@dataclass
class Kept:
    """A connection at rest, and what it is good for."""

    client: Client
    identity: object  # how it was made: Keepable.identity, with the state of the tokens
    connection_id: UUID
    mark: str | None  # of the connection's settings, as it was before the client was made
    place: str  # the account's place that it holds; "" where what rests does not count
    ends_at: float  # monotonic
    rested_at: float = 0.0  # monotonic


class KeptConnections:
    """What one process keeps. Every method may be called by several threads at once."""

    def __init__(self, *, is_tidied: bool = True) -> None:
        self._is_tidied = is_tidied
        self._kept: dict[Account, Kept] = {}
        self._renewed_at = 0.0
        self._begin()

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, account: Account) -> Kept | None:
        """What is kept for the account, now the caller's alone; None if nothing is that may still be used."""
        with self._lock:
            kept = self._kept.pop(account, None)
        if kept is None:
            return None
        if _is_over(kept, now=clock.monotonic(), said=_said([(account, kept)]), account=account):
            _end(kept)
            return None
        return kept

    def put(self, account: Account, kept: Kept) -> bool:
        """True if it is kept; False: the client is still the caller's, as is its place."""
        kept.rested_at = clock.monotonic()
        with self._lock:
            is_kept = account not in self._kept and self._makes_room(account.organization_id)
            if is_kept:
                self._kept[account] = kept
        if is_kept and self._is_tidied:
            self._start_tidying()
        return is_kept

    def tidy(self) -> None:
        """What is not to be used any more was left, and the rest holds its places for a while."""
        now = clock.monotonic()
        with self._lock:
            entries = list(self._kept.items())
        said = _said(entries)
        over = [(account, kept) for account, kept in entries if _is_over(kept, now=now, said=said, account=account)]
        for account, kept in over:
            self._remove(account, kept)
        if now - self._renewed_at >= RENEW_EVERY_S:
            self._renewed_at = now
            for account, kept in entries:
                if kept.place and self._kept.get(account) is kept:
                    keep_place(kept.place, timeout_s=PLACE_S)

    def leave_all(self) -> None:
        """Nothing is kept any more; the servers were told, and whoever works on in our stead has the places at once."""
        self._stop.set()
        with self._lock:
            entries, self._kept = list(self._kept.values()), {}
        for kept in entries:
            kept.client.leave()
        if places := [kept.place for kept in entries if kept.place]:  # else the process needs no cache as it ends
            give_up_places(places)

    def forget_in_child(self) -> None:
        """A forked process keeps nothing: what was copied into it goes on in its parent."""
        kept, self._kept = self._kept, {}
        self._begin()
        for each in kept.values():
            each.client.abandon()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._tidier: threading.Thread | None = None

    def _makes_room(self, organization_id: int) -> bool:
        """True if one more may be kept; the organization with the most gives one up for one that has fewer."""
        most = limit()
        if len(self._kept) < most:
            return True
        counts = Counter(account.organization_id for account in self._kept)
        if not most or not counts:
            return False
        largest, count = counts.most_common(1)[0]
        if count <= counts[organization_id] + 1:
            return False
        theirs = [account for account in self._kept if account.organization_id == largest]
        _end(self._kept.pop(min(theirs, key=lambda account: self._kept[account].rested_at)))
        return True

    def _remove(self, account: Account, kept: Kept) -> None:
        with self._lock:
            if self._kept.get(account) is not kept:
                return  # a poll has it
            del self._kept[account]
        _end(kept)

    def _start_tidying(self) -> None:
        with self._lock:
            if self._tidier is None:
                self._tidier = threading.Thread(target=self._tidy_on, args=(self._stop,), name="kept", daemon=True)
                self._tidier.start()

    def _tidy_on(self, stop: threading.Event) -> None:
        while not stop.wait(TIDY_EVERY_S):
            self.tidy()


def limit() -> int:
    """How many this process keeps at most: as the operator says, and no more than half of the files it may open."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = int(settings.KEPT_CONNECTIONS)
    return most if files == resource.RLIM_INFINITY else min(most, files // 2)


def ends_at() -> float:
    """Until when a connection made now is used, monotonic; not the same for all that were made at once."""
    return clock.monotonic() + random.uniform(*AGE_S)  # noqa: S311  no secret


def mark_of(connection_id: UUID) -> str | None:
    """The mark of the connection's settings: another one once somebody has changed them."""
    mark: str | None = cache.get(_mark_key(connection_id))
    return mark


def let_go(connection_id: UUID) -> None:
    """What any process keeps of this connection is left within seconds of the open transaction's commit."""
    transaction.on_commit(lambda: cache.set(_mark_key(connection_id), secrets.token_hex(8), _MARK_S))


def _is_over(kept: Kept, *, now: float, said: Mapping[str, object] | None, account: Account) -> bool:
    if said is None or now >= kept.ends_at or now - kept.rested_at >= IDLE_S:
        return True
    return any(key in said for key in keys_of(account)) or said.get(_mark_key(kept.connection_id)) != kept.mark


def _said(entries: list[tuple[Account, Kept]]) -> Mapping[str, object] | None:
    """What the cache says of these, by key; None where it cannot be asked, so that nobody knows what has changed."""
    marks = {_mark_key(kept.connection_id) for _account, kept in entries}
    crowded = {key for account, _kept in entries for key in keys_of(account)}
    try:
        said: Mapping[str, object] = cache.get_many(marks | crowded)
    except (RedisError, OSError):
        return None
    return said


def _end(kept: Kept) -> None:
    kept.client.leave()
    if kept.place:
        give_up_place(kept.place)


def _mark_key(connection_id: UUID) -> str:
    return f"kept:mark:{connection_id}"


KEPT = KeptConnections()
atexit.register(KEPT.leave_all)
os.register_at_fork(after_in_child=KEPT.forget_in_child)
