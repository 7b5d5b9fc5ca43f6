"""Asking the daemon, within its time limit, and not asking one that does not answer. Nothing raises for what it does.

One that failed twice in a row is left alone for a minute: then one mail is shown to it, and if that fails, it is left
alone again. Each process finds out by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache
from queue import Empty, SimpleQueue

from helpdesk.lib import clock
from helpdesk.spam_daemon import rspamd, spamd
from helpdesk.spam_daemon.values import Daemon, DaemonError, Heard, Kind, Trouble, Verdict

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
        if not self._may_ask():
            return Heard(self._daemon.kind, trouble=Trouble.PAUSED)
        heard = ask(self._daemon, content)
        with self._lock:
            self._failures = 0 if heard.trouble is None else self._failures + 1
            self._rests_until = clock.monotonic() + PAUSE_S
        return heard

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
    """What the daemon makes of this mail, within its time limit, however it behaves.

    In a thread, which is left behind where that takes longer: what it waits for has a time limit too.
    """
    answers: SimpleQueue[Verdict | Trouble] = SimpleQueue()
    threading.Thread(target=_ask, args=(daemon, content, answers), daemon=True, name="spam-daemon").start()
    try:
        answer = answers.get(timeout=daemon.timeout_s + GRACE_S)
    except Empty:
        answer = Trouble.TIMEOUT
    if isinstance(answer, Verdict):
        return Heard(daemon.kind, verdict=answer)
    return Heard(daemon.kind, trouble=answer)


def _ask(daemon: Daemon, content: bytes, answers: SimpleQueue[Verdict | Trouble]) -> None:
    try:
        answers.put(_CLIENTS[daemon.kind](daemon, content))
    except DaemonError as error:
        answers.put(error.trouble)
    except TimeoutError:
        answers.put(Trouble.TIMEOUT)
    except OSError:
        answers.put(Trouble.UNREACHABLE)
