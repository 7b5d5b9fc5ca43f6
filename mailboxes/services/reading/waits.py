"""A provider that wants nothing of an app for a while: one refusal is heard by all mailboxes the app reads.

Graph and Exchange Web Services count calls by mailbox, by app, and by the account that makes them; which of these a
refusal was about the connectors tell (`ConnectorError.is_shared`). Asking on for the other mailboxes would meet the
same refusal, and would count. It stands in the cache: if that forgets, each mailbox learns it by one of its own.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from redis.exceptions import RedisError

from helpdesk.lib import clock
from mailboxes.connectors.errors import ConnectorError
from mailboxes.services.reading.accounts import Caller

UNSAID_S = 60.0  # how long, where the provider does not say
MAX_WAIT = timedelta(hours=1)  # then one mailbox asks whether it still holds


@dataclass(frozen=True)
class Wait:
    """Until when nothing is asked, and the provider's words."""

    until: datetime
    detail: str = ""


def note_refusal(caller: Caller, error: ConnectorError) -> None:
    """If the refusal is of everything this caller asks, nothing is asked until it is over."""
    if not (caller.is_counted_by_calls and error.is_shared and error.asks_to_wait):
        return
    span = min(timedelta(seconds=max(error.retry_after_s or UNSAID_S, 1.0)), MAX_WAIT)
    wait = Wait(clock.now() + span, error.detail)
    before = wait_of(caller)
    if before is None or before.until < wait.until:
        with suppress(RedisError, OSError):
            cache.set(caller.wait_name, (wait.until, wait.detail), span.total_seconds())


def wait_of(caller: Caller) -> Wait | None:
    """What the provider asked of this caller and is not over yet."""
    if not caller.is_counted_by_calls:
        return None
    try:
        said = cache.get(caller.wait_name)
    except (RedisError, OSError):
        return None
    if said is None:
        return None
    wait = Wait(*said)
    moment = clock.now()
    return wait if moment < wait.until <= moment + MAX_WAIT else None  # later: the clock was turned back
