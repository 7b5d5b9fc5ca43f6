"""Places at a provider: how many sessions one organization may have side by side at one host, or by one app.

A provider that is slow, or hangs, holds up no more workers than that: others' mailboxes are read meanwhile, and no
organization works at the provider on more connections than the operator allows. Graph and Exchange Web Services are
asked one call at a time in each session, so that these are calls side by side as well. Connections that are only kept
(`kept`) are idle and count for their account instead (`sessions`).
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from mailboxes.models import Mailbox
from mailboxes.services.reading.accounts import account_of, caller_of
from mailboxes.services.reading.crowding import POLLS_AT_CROWDED_HOST, is_host_crowded
from mailboxes.services.reading.lease import Lease
from mailboxes.services.reading.places import held_place, take_place

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
MAX_PAUSE_S = 20.0
_GROWTH = 1.5


@contextmanager
def place_at_host(mailbox: Mailbox, lease: Lease | None, *, timeout_s: float) -> Iterator[bool]:
    """True if there is room at the mailbox's provider; the place is kept as long as the lease, and free afterwards.

    Without a lease to keep it, the place is taken for `timeout_s`.
    """
    name, count = places_at_host(mailbox)
    key = take_place(name, count=count, timeout_s=timeout_s)
    if key is None:
        logger.info("poll.put_off", extra={"mailbox_id": mailbox.pk})
        yield False
        return
    with held_place(key, lease, timeout_s=timeout_s):
        yield True


def places_at_host(mailbox: Mailbox) -> tuple[str, int]:
    """The name of the places at the mailbox's provider, and how many there are now."""
    count = settings.POLLS_PER_HOST
    if mailbox.connection.host and is_host_crowded(account_of(mailbox)):
        count = min(count, POLLS_AT_CROWDED_HOST)
    return caller_of(mailbox.connection).place_name, count


def pause_s(tries: int) -> float:
    """Seconds until the next try for a place: growing, and never all at once. tries: since the last poll."""
    longest = min(MAX_PAUSE_S, FIRST_PAUSE_S * _GROWTH ** min(tries, 20))
    return random.uniform(longest / 2, longest)  # noqa: S311  no secret
