"""Whom the threads of one process work for, and who gets no further one for the moment.

A thread that waits for a slow server cannot be taken back. So whoever has some gets another one only while enough stay
free: of 16 threads one organization takes 12, two take 7 and 6, and the last free one is for whoever has none.
"""

from __future__ import annotations

import threading
from collections import Counter


class Threads:
    """The threads of this process that take work.

    count: how many there are; 0: nobody counts them, and nobody is held back.
    percent: what part of them one organization takes at most while no other has any; 100: all.
    """

    def __init__(self, count: int = 0, *, percent: float = 100) -> None:
        self._count = count
        self._percent = min(percent, 100.0)
        self._busy: Counter[int] = Counter()  # by organization
        self._lock = threading.Lock()

    def full(self) -> frozenset[int]:
        """The organizations that get no further thread now; asked by a thread that has no work itself."""
        with self._lock:
            return frozenset(organization_id for organization_id in self._busy if self._is_full(organization_id))

    def serve_one(self) -> bool:
        """True if all that have work have it of one organization."""
        with self._lock:
            return len(self._busy) == 1

    def begin(self, organization_id: int, *, is_alone: bool = False) -> bool:
        """One more thread works for the organization; False, and it does not, if it gets no further one.

        is_alone: there is nobody to hold it back for.
        """
        with self._lock:
            if not is_alone and self._is_full(organization_id):
                return False
            self._busy[organization_id] += 1
            return True

    def end(self, organization_id: int) -> None:
        """One thread less works for it."""
        with self._lock:
            self._busy[organization_id] -= 1
            self._busy += Counter()  # drops what is at 0

    def _is_full(self, organization_id: int) -> bool:
        held = self._busy[organization_id]
        if not held or not self._count or self._percent >= 100:
            return False
        left = self._count - self._busy.total() - 1  # free ones, once whoever asks has work
        return held + 1 > left * self._percent / (100 - self._percent)


_threads = Threads()


def share_out(*, threads: int, percent: float) -> None:
    """So many threads of this process do work, and nobody takes more than this part of them from others.

    Called before the first of them begins.
    """
    global _threads  # noqa: PLW0603  a process has one set of threads
    _threads = Threads(threads, percent=percent)


def threads() -> Threads:
    """The threads of this process."""
    return _threads
