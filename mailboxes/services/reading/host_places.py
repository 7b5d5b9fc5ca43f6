"""Places at a mail server: how many polls of one organization may be at one host side by side.

A provider that is slow, or hangs, holds up no more workers than that: others' mailboxes are read meanwhile, and no
organization meets the provider with more connections than the operator allows. Places are in the cache: they run out
by themselves when a worker dies, and being off by one for a moment does no harm.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from mailboxes.models import Mailbox
from mailboxes.services.reading.lease import Lease

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
MAX_PAUSE_S = 20.0
_GROWTH = 1.5


@contextmanager
def place_at_host(mailbox: Mailbox, lease: Lease) -> Iterator[bool]:
    """True if there is room at the mailbox's server; the place is kept as long as the lease, and free afterwards."""
    host = mailbox.connection.host.lower()
    key = _free_place(f"polls:{mailbox.organization_id}:{host}", timeout_s=settings.LEASE_S)
    if key is None:
        logger.info("poll.put_off", extra={"mailbox_id": mailbox.pk})
        yield False
        return
    try:
        with lease.beating_with(lambda: _keep(key, timeout_s=settings.LEASE_S)):
            yield True
    finally:
        cache.delete(key)


def pause_s(tries: int) -> float:
    """Seconds until the next try for a place: growing, and never all at once. tries: since the last poll."""
    longest = min(MAX_PAUSE_S, FIRST_PAUSE_S * _GROWTH ** min(tries, 20))
    return random.uniform(longest / 2, longest)  # noqa: S311  no secret


def _free_place(name: str, *, timeout_s: float) -> str | None:
    keys = [f"{name}:{number}" for number in range(settings.POLLS_PER_HOST)]
    start = random.randrange(len(keys))  # noqa: S311  no secret
    return next((key for key in (*keys[start:], *keys[:start]) if cache.add(key, 1, timeout_s)), None)


def _keep(key: str, *, timeout_s: float) -> None:
    with suppress(RedisError, OSError):  # without the cache a place is lost, not the lease
        cache.touch(key, timeout_s)
