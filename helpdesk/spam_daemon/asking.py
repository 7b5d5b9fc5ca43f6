"""Asking the daemon, within its time limit, and not asking one that does not answer. Nothing raises for what it does.

One that failed twice in a row is left alone for a minute: then one mail is shown to it, and if that fails, it is left
alone again. Each process finds out by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache
from queue import Empty, SimpleQueue
from typing import TypeVar

from helpdesk.lib import clock
from helpdesk.spam_daemon import rspamd, spamd
from helpdesk.spam_daemon.values import Daemon, DaemonError, Heard, Kind, Trouble, Verdict

T = TypeVar("T")
PAUSE_S = 60.0
FAILURES = 2  # in a row; a single mail may be at fault itself
GRACE_S = 0.25  # beyond the time limit, for what a socket's own does not hold: the resolver, an answer in drops
_CLIENTS: dict[Kind, Callable[[Daemon, bytes], Verdict]] = {Kind.SPAMASSASSIN: spamd.ask, Kind.RSPAMD: rspamd.ask}


class Asker:
    """Asks one daemon, and remembers how that went. Threads may share it."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._lock = threading.Lock()
        self._failures = 0
        self._rests_until = 0.0  # of the monotonic clock

    def hear(self, content: bytes) -> Heard:
        """What it makes of this mail, or why nothing is known."""
        if len(content) > self._daemon.max_bytes:
            return Heard(self._daemon.kind, trouble=Trouble.TOO_LARGE)
        answer = self.asked(lambda: _CLIENTS[self._daemon.kind](self._daemon, content))
        if isinstance(answer, Trouble):
            return Heard(self._daemon.kind, trouble=answer)
        return Heard(self._daemon.kind, verdict=answer)

    def asked(self, call: Callable[[], T]) -> T | Trouble:
        """What the call gives, or the trouble with the daemon; PAUSED while it is left alone."""
        if not self._may_ask():
            return Trouble.PAUSED
        answer = within_its_time(self._daemon, call)
        is_failure = isinstance(answer, Trouble) and answer is not Trouble.UNTEACHABLE
        with self._lock:
            self._failures = self._failures + 1 if is_failure else 0
            self._rests_until = clock.monotonic() + PAUSE_S
        return answer

    def _may_ask(self) -> bool:
        """False while it is left alone; when that ends, True once."""
        with self._lock:
            if self._failures < FAILURES:
                return True
            if clock.monotonic() < self._rests_until:
                return False
            self._rests_until = clock.monotonic() + PAUSE_S
            return True


@lru_cache(maxsize=4)
def asker_of(daemon: Daemon) -> Asker:
    """The one of this process."""
    return Asker(daemon)


def ask(daemon: Daemon, content: bytes) -> Heard:
    """What the daemon makes of this mail, within its time limit, however it behaves."""
    answer = within_its_time(daemon, lambda: _CLIENTS[daemon.kind](daemon, content))
    if isinstance(answer, Trouble):
        return Heard(daemon.kind, trouble=answer)
    return Heard(daemon.kind, verdict=answer)


def within_its_time(daemon: Daemon, call: Callable[[], T]) -> T | Trouble:
    """What the call gives, or the trouble with the daemon, within its time limit.

    In a thread, which is left behind where that takes longer: what it waits for has a time limit too.
    """
    answers: SimpleQueue[T | Trouble] = SimpleQueue()
    threading.Thread(target=_call, args=(call, answers), daemon=True, name="spam-daemon").start()
    try:
        return answers.get(timeout=daemon.timeout_s + GRACE_S)
    except Empty:
        return Trouble.TIMEOUT


def _call(call: Callable[[], T], answers: SimpleQueue[T | Trouble]) -> None:
    try:
        answers.put(call())
    except DaemonError as error:
        answers.put(error.trouble)
    except TimeoutError:
        answers.put(Trouble.TIMEOUT)
    except OSError:
        answers.put(Trouble.UNREACHABLE)
