"""Waiting for another process, by looking often instead of sleeping long."""

import time
from collections.abc import Callable

LOOK_AGAIN_AFTER_S = 0.01


def wait_until(is_true: Callable[[], object], *, timeout_s: float = 30, what: str = "the condition") -> None:
    """The condition was seen to be true.

    Raises: TimeoutError naming `what` if it is still false after timeout_s.
    """
    deadline = time.monotonic() + timeout_s
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come true within {timeout_s} s")
        time.sleep(LOOK_AGAIN_AFTER_S)
