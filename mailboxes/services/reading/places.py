"""Places in the cache: of so many of a name, how many are taken at this moment, over all workers.

A place runs out by itself when whoever has it dies, and being off by one for a moment does no harm: places spare
servers and share them out, and nothing's correctness rests on them.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from django.core.cache import cache
from redis.exceptions import RedisError

from mailboxes.services.reading.lease import Lease


def take_place(name: str, *, count: int, timeout_s: float, is_first_best: bool = False) -> str | None:
    """The key of a place that was free, taken for `timeout_s`; None if all `count` are taken.

    is_first_best: the free place with the lowest number, not any.
    """
    keys = [place_key(name, number) for number in range(count)]
    start = 0 if is_first_best else random.randrange(len(keys))  # noqa: S311  no secret
    return next((key for key in (*keys[start:], *keys[:start]) if cache.add(key, 1, timeout_s)), None)


def take_places(wanted: Iterable[tuple[str, int]], *, timeout_s: float) -> tuple[str, ...] | None:
    """A place of each name, with so many in all, taken for `timeout_s`; None, and none taken, if one has none free."""
    taken: list[str] = []
    for name, count in wanted:
        key = take_place(name, count=count, timeout_s=timeout_s)
        if key is None:
            give_up_places(taken)
            return None
        taken.append(key)
    return tuple(taken)


@contextmanager
def held_place(key: str, lease: Lease | None, *, timeout_s: float) -> Iterator[None]:
    """The place that was taken is kept with each heartbeat of the lease, if there is one, and free afterwards."""
    try:
        if lease is None:
            yield
            return
        with lease.beating_with(lambda: keep_place(key, timeout_s=timeout_s)):
            yield
    finally:
        give_up_place(key)


def place_key(name: str, number: int) -> str:
    """The key of one place of a name."""
    return f"{name}:{number}"


def keep_place(key: str, *, timeout_s: float) -> None:
    """The place is taken for `timeout_s` more. Without the cache it is lost, and whoever has it goes on.

    So is a place that has run out: the cache of files then raises ValueError, unlocking a file that it has closed.
    """
    with suppress(RedisError, OSError, ValueError):
        cache.touch(key, timeout_s)


def give_up_place(key: str) -> None:
    """The place is free, without the cache once its time is over."""
    with suppress(RedisError, OSError):
        cache.delete(key)


def give_up_places(keys: Iterable[str]) -> None:
    """All of these are free, without the cache once their time is over."""
    with suppress(RedisError, OSError):
        cache.delete_many(list(keys))
