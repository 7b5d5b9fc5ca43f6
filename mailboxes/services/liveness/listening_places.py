"""Places of connections that listen: two on an account, beside the three of sessions (`reading.sessions`).

Five are half of what Dovecot lets in from one user and address, and a third of Gmail's. Apart from each other, so that
neither listening keeps polls out, nor polls listening. Where a server has said *too many connections* nothing listens
for a while (`reading.crowding`): its mailboxes are polled instead.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from contextlib import suppress
from typing import Generic, TypeVar

from django.core.cache import cache
from redis.exceptions import RedisError

from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.services.reading.accounts import Account
from mailboxes.services.reading.crowding import crowded_among, note_crowded
from mailboxes.services.reading.places import give_up_place, take_place

LISTENING_PER_ACCOUNT = 2
PLACE_S = 60.0
CROWDED_PAUSE_S = 15 * 60.0  # then it is looked at whether the server is still said to be crowded

K = TypeVar("K", bound=Hashable)


class ListeningPlaces(Generic[K]):
    """The places of one process's listening connections. Several threads may call every method at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[K, tuple[Account, str]] = {}

    def take(self, key: K, account: Account) -> None:
        """The connection has a place. Raises ConnectorError: NO_PLACE; TOO_MANY_CONNECTIONS for a crowded server.

        Without the cache nothing is counted, and all may listen.
        """
        try:
            if crowded_among([account]):
                raise crowded()
            place = take_place(f"listening:{account.name}", count=LISTENING_PER_ACCOUNT, timeout_s=PLACE_S)
        except (RedisError, OSError):
            return
        if place is None:
            raise ConnectorError(Reason.NO_PLACE, permanent=False)
        with self._lock:
            before, self._held[key] = self._held.get(key), (account, place)
        if before is not None:
            give_up_place(before[1])

    def free(self, key: K) -> None:
        """The connection is closed."""
        with self._lock:
            held = self._held.pop(key, None)
        if held is not None:
            give_up_place(held[1])

    def keep(self) -> set[K]:
        """All are held for a while longer; gives those that have to go, since their server is crowded.

        Without the cache none has to.
        """
        with self._lock:
            held = dict(self._held)
        try:
            cache.set_many({place: 1 for _account, place in held.values()}, PLACE_S)
            over = crowded_among({account for account, _place in held.values()})
        except (RedisError, OSError):
            return set()
        return {key for key, (account, _place) in held.items() if account in over}

    def refused(self, key: K, error: ConnectorError) -> None:
        """The server's refusal is heard by those who poll there, too, if it is about the number of connections."""
        with self._lock:
            held = self._held.get(key)
        if held is not None and error.reason is Reason.TOO_MANY_CONNECTIONS:
            with suppress(RedisError, OSError):
                note_crowded(held[0])


def crowded() -> ConnectorError:
    """Why nothing listens at a crowded server."""
    return ConnectorError(Reason.TOO_MANY_CONNECTIONS, permanent=False, retry_after_s=CROWDED_PAUSE_S)
