"""Calls to Microsoft Graph: how many were made for a mailbox lately, and until when it is not read because of them.

Microsoft takes 10,000 within ten minutes from one app for one mailbox, and what it refuses counts as well
(https://learn.microsoft.com/graph/throttling-limits). So reading stops before, and the rest is left for mail that
leaves. Counted by minutes in the cache, over all workers; without the cache nobody counts, and the provider's own
refusal is heard as ever (`waits`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.core.cache import cache
from redis.exceptions import RedisError

from helpdesk.lib import clock
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import Connection
from mailboxes.services.reading.accounts import caller_of, hidden

CALLS = 10_000
CALLS_TO_READ = 9_000
WINDOW = timedelta(minutes=10)
LOOK_EVERY = 25  # calls of one session; the others are only counted
_MINUTES: Final = 11  # ten whole ones, and the one that has begun
_KEPT_S: Final = _MINUTES * 60
_AWAY: Final = (RedisError, OSError, ValueError)


@dataclass(frozen=True)
class CallBudget:
    """The calls for one mailbox by one app."""

    name: str

    def made(self) -> int:
        """How many were made within WINDOW, and within the minute that it began in."""
        return sum(self._lately().values())

    def spent_until(self, *, most: int) -> datetime | None:
        """When fewer than `most` were made within WINDOW, if none is made until then; None: it is so now."""
        lately = self._lately()
        total, until = sum(lately.values()), None
        for minute in sorted(lately):
            if total < most:
                break
            total -= lately[minute]
            until = datetime.fromtimestamp((minute + _MINUTES) * 60, tz=UTC)
        return until

    def add(self) -> None:
        """One more call is made now."""
        key = self._key(_minute())
        with suppress(*_AWAY):
            if not cache.add(key, 1, _KEPT_S):
                cache.incr(key)
                cache.touch(key, _KEPT_S)  # the cache of files forgets how long, as soon as it counts

    def _lately(self) -> dict[int, int]:
        """Calls by minute."""
        this = _minute()
        keys = {self._key(minute): minute for minute in range(this - _MINUTES + 1, this + 1)}
        try:
            return {keys[key]: count for key, count in cache.get_many(keys).items()}
        except _AWAY:
            return {}

    def _key(self, minute: int) -> str:
        return f"calls:{self.name}:{minute}"


class CallCounter:
    """Counts the calls of one session, and ends it where too many were made.

    most: within WINDOW; None: they are only counted.
    """

    def __init__(self, budget: CallBudget, *, most: int | None = None) -> None:
        self._budget = budget
        self._most = most
        self._made = 0

    def __call__(self) -> None:
        """A call is about to be made. Raises ConnectorError: CALLS_SPENT."""
        if self._most is not None and self._made % LOOK_EVERY == 0:
            until = self._budget.spent_until(most=self._most)
            if until is not None:
                wait_s = max(1.0, (until - clock.now()).total_seconds())
                raise ConnectorError(Reason.CALLS_SPENT, permanent=False, retry_after_s=wait_s)
        self._made += 1
        self._budget.add()


def budget_of(connection: Connection, *, user: str) -> CallBudget:
    """The calls for the user's mailbox. Needs what `caller_of` needs."""
    caller = caller_of(connection)
    return CallBudget(hidden(caller.organization_id, caller.provider, caller.app, user.lower()))


def _minute() -> int:
    return int(clock.now().timestamp()) // 60
