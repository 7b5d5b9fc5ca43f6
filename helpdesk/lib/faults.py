"""Named points at which a test makes this process die, stop or fail; anywhere else a point does nothing.

POSTROOM_FAULT is a list of `point:action` or `point:action:n` (the n-th time the point is reached), separated by
commas. It counts only where POSTROOM_TEST is 1.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable


class FaultInjected(Exception):
    """A test asked for this failure."""


def point(name: str) -> None:
    """The process goes on from here, unless a test wants it to fail at this point."""
    if _plan:
        _reach(name)


def arm(text: str) -> None:
    """From here on this plan holds, counted anew; for tests that fork instead of starting Python again."""
    _plan.clear()
    _reached.clear()
    if os.environ.get("POSTROOM_TEST") == "1":
        _plan.update(_parsed(text))


def _reach(name: str) -> None:
    _reached[name] += 1
    action = _plan.get((name, _reached[name]))
    if action is not None:
        _ACTIONS[action]()


def _fail() -> None:
    raise FaultInjected


_ACTIONS: dict[str, Callable[[], None]] = {
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "raise": _fail,
}


def _parsed(text: str) -> dict[tuple[str, int], str]:
    """What happens at which reaching of which point. Raises ValueError for anything that is no plan."""
    plan: dict[tuple[str, int], str] = {}
    for entry in filter(None, text.split(",")):
        name, action, *times = entry.split(":")
        if action not in _ACTIONS:
            raise ValueError(f"POSTROOM_FAULT: {action!r} is none of {', '.join(_ACTIONS)}")
        plan[name, int(times[0]) if times else 1] = action
    return plan


_reached: Counter[str] = Counter()
_plan: dict[tuple[str, int], str] = {}
arm(os.environ.get("POSTROOM_FAULT", ""))
