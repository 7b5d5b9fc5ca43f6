"""The only place that reads the clock, so that tests can hold or turn it."""

from __future__ import annotations

import time as _time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_source: ContextVar[Callable[[], datetime] | None] = ContextVar("clock_source", default=None)


def now() -> datetime:
    """The present moment as aware UTC."""
    source = _source.get()
    return source() if source is not None else datetime.now(UTC)


def in_seconds(seconds: float) -> datetime:
    """The moment `seconds` from now; negative lies in the past."""
    return now() + timedelta(seconds=seconds)


def monotonic() -> float:
    """Seconds that only ever grow; for durations inside one process."""
    return _time.monotonic()


def pause(seconds: float) -> None:
    """Return after `seconds`; the one place that sleeps."""
    _time.sleep(seconds)


@contextmanager
def held_at(moment: datetime) -> Iterator[None]:
    """Inside the block `now()` answers `moment` (aware). For tests."""
    token = _source.set(lambda: moment)
    try:
        yield
    finally:
        _source.reset(token)
