"""Places at a mail server: how many polls of one organization may be at one host side by side.

A provider that is slow, or hangs, holds up no more workers than that: others' mailboxes are read meanwhile, and no
organization works at the provider on more connections than the operator allows. Connections that are only kept
(`kept`) are idle and count for their account instead (`sessions`).
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from mailboxes.models import Mailbox
from mailboxes.services.reading.lease import Lease
from mailboxes.services.reading.places import give_up_place, keep_place, take_place

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
MAX_PAUSE_S = 20.0
_GROWTH = 1.5


@contextmanager
def place_at_host(mailbox: Mailbox, lease: Lease) -> Iterator[bool]:
    """True if there is room at the mailbox's server; the place is kept as long as the lease, and free afterwards."""
    host = mailbox.connection.host.lower()
    name = f"polls:{mailbox.organization_id}:{host}"
    key = take_place(name, count=settings.POLLS_PER_HOST, timeout_s=settings.LEASE_S)
    if key is None:
        logger.info("poll.put_off", extra={"mailbox_id": mailbox.pk})
        yield False
        return
    try:
        with lease.beating_with(lambda: keep_place(key, timeout_s=settings.LEASE_S)):
            yield True
    finally:
        give_up_place(key)


def pause_s(tries: int) -> float:
    """Seconds until the next try for a place: growing, and never all at once. tries: since the last poll."""
    longest = min(MAX_PAUSE_S, FIRST_PAUSE_S * _GROWTH ** min(tries, 20))
    return random.uniform(longest / 2, longest)  # noqa: S311  no secret
