"""The watcher: thousands of listening connections in one thread, the slow steps of connecting in a few others.

wanted ─▶ connecting (a thread of the pool) ─▶ live ──news──▶ woken
             ▲ pause with jitter, growing ◀── failed, lost ┘
   changed or no longer wanted: the connection is closed

It knows no database: who is to be listened to, and what becomes of news, is the directory's.
"""

from __future__ import annotations

import logging
import queue
import random
import selectors
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from helpdesk.lib import clock
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap_idle import IdleConnection, listen
from mailboxes.watching.seam import Directory, Key

logger = logging.getLogger(__name__)

CONNECTS_AT_ONCE = 16
TELLERS = 4
LOOK_EVERY_S = 2.0  # at the directory
KEEP_EVERY_S = 20.0  # the places at servers
TICK_S = 1.0
FIRST_PAUSE_S = 5.0
MAX_PAUSE_S = 15 * 60.0
UNAVAILABLE_PAUSE_S = 3600.0  # asking again cannot help, but servers are replaced
ENDS_WITHIN_S = 30.0  # those who tell meet at the end
STEADY_S = 60.0  # a connection that held this long starts the pauses over


@dataclass
class _Watch:
    """One mailbox, and how far it is."""

    version: int
    connection: IdleConnection | None = None
    is_connecting: bool = False
    is_told_live: bool = False
    try_at: float = 0.0
    failures: int = 0
    live_since: float = 0.0
    is_told: bool = False  # that it was lost


class Watcher:
    """Listens to what the directory wants until told to stop. Use `run` in one thread only."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._watches: dict[Key, _Watch] = {}
        self._selector = selectors.DefaultSelector()
        self._pool = ThreadPoolExecutor(CONNECTS_AT_ONCE, thread_name_prefix="connect")
        self._tellers = ThreadPoolExecutor(TELLERS, thread_name_prefix="tell")
        self._arrived: queue.SimpleQueue[tuple[Key, int, Future[IdleConnection | None]]] = queue.SimpleQueue()
        self._bell, self._ear = socket.socketpair()
        self._ear.settimeout(0)
        self._selector.register(self._ear, selectors.EVENT_READ, None)
        self.listened_to = 0  # times that a mailbox went live
        self.news_count = 0
        self._look_at = 0.0
        self._keep_at = clock.monotonic() + KEEP_EVERY_S
        self._tick_at = 0.0

    @property
    def live_count(self) -> int:
        """How many mailboxes are being listened to."""
        return sum(watch.connection is not None and watch.connection.is_live for watch in self._watches.values())

    def run(self, *, until: Callable[[], bool]) -> None:
        """Listens until `until` is true; it is asked at least once a second. Everything is closed then."""
        try:
            while not until():
                self._turn()
        finally:
            self._end()

    def _turn(self) -> None:
        for ready, _events in self._selector.select(TICK_S):
            if ready.data is None:
                self._hear_bell()
            else:
                self._read(ready.data)
        self._take_arrivals()
        now = clock.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            wanted = self._directory.wanted()
            if wanted is not None:
                self._follow(wanted)
        if now >= self._keep_at:
            self._keep_at = now + KEEP_EVERY_S
            self._give_up(self._directory.keep())
        if now >= self._tick_at:
            self._tick_at = now + TICK_S
            self._tick(now)

    def _give_up(self, over: dict[Key, ConnectorError]) -> None:
        for key, error in over.items():
            watch = self._watches.get(key)
            if watch is not None and watch.connection is not None:
                self._lose(key, watch, error)

    def _follow(self, wanted: dict[Key, int]) -> None:
        for key in [key for key, watch in self._watches.items() if wanted.get(key) != watch.version]:
            self._close(key, self._watches.pop(key))
        for key, version in wanted.items():
            self._watches.setdefault(key, _Watch(version))

    def _tick(self, now: float) -> None:
        for key, watch in self._watches.items():
            if watch.connection is not None:
                try:
                    watch.connection.tick(now=now)
                except ConnectorError as error:
                    self._lose(key, watch, error)
            elif not watch.is_connecting and now >= watch.try_at:
                watch.is_connecting = True
                self._connect(key, watch.version)

    def _connect(self, key: Key, version: int) -> None:
        """A thread of the pool is at it; what comes of it will be found among the arrivals."""

        def arrived(future: Future[IdleConnection | None]) -> None:
            self._arrived.put((key, version, future))
            with suppress(OSError):
                self._bell.send(b"!")

        self._pool.submit(self._listen, key).add_done_callback(arrived)

    def _listen(self, key: Key) -> IdleConnection | None:
        config = self._directory.config(key)
        return listen(config, now=clock.monotonic()) if config is not None else None

    def _take_arrivals(self) -> None:
        while not self._arrived.empty():
            key, version, future = self._arrived.get()
            watch = self._watches.get(key)
            if watch is not None and watch.version == version:
                watch.is_connecting = False
                self._take(key, watch, future)
            else:
                if not future.cancelled() and future.exception() is None and (late := future.result()) is not None:
                    late.close()
                self._free(key)

    def _take(self, key: Key, watch: _Watch, future: Future[IdleConnection | None]) -> None:
        if future.cancelled():
            return
        error = future.exception()
        connection = future.result() if error is None else None
        if connection is None and error is None:
            self._free(key)
        if connection is not None:
            watch.connection = connection
            self._selector.register(connection, selectors.EVENT_READ, key)
            self._read(key)  # its first answer may lie in the TLS layer already
        elif isinstance(error, ConnectorError):
            self._lose(key, watch, error)
        elif error is not None:
            logger.error("watch.broke", exc_info=error, extra={"mailbox_id": key.mailbox_id})
            broken = ConnectorError(Reason.INTERNAL, permanent=False, detail=type(error).__name__)
            self._lose(key, watch, broken)

    def _read(self, key: Key) -> None:
        watch = self._watches.get(key)
        if watch is None or watch.connection is None:
            return
        try:
            has_news = watch.connection.read(now=clock.monotonic())
        except ConnectorError as error:
            self._lose(key, watch, error)
            return
        if watch.connection.is_live and not watch.is_told_live:
            watch.is_told_live, watch.is_told = True, False
            watch.live_since = clock.monotonic()
            self.listened_to += 1
            self._tell(self._directory.live, key)
        elif has_news:
            self.news_count += 1
            self._tell(self._directory.news, key)

    def _lose(self, key: Key, watch: _Watch, error: ConnectorError) -> None:
        """The connection is closed and made again after a pause that grows, or after the one the server asks for."""
        self._directory.refused(key, error)
        self._close(key, watch)
        now = clock.monotonic()
        if watch.is_told_live and now - watch.live_since >= STEADY_S:
            watch.failures = 0
        watch.is_told_live = False
        pause_s = UNAVAILABLE_PAUSE_S if error.permanent else min(MAX_PAUSE_S, FIRST_PAUSE_S * 2**watch.failures)
        watch.failures = min(watch.failures + 1, 20)
        watch.try_at = now + max(pause_s * random.uniform(0.5, 1.0), error.retry_after_s or 0.0)  # noqa: S311  jitter
        if not watch.is_told:
            watch.is_told = True
            self._tell(self._directory.lost, key, error)

    def _close(self, key: Key, watch: _Watch) -> None:
        if watch.connection is not None:
            with suppress(KeyError, ValueError):
                self._selector.unregister(watch.connection)
            watch.connection.close()
            watch.connection = None
        self._free(key)

    def _free(self, key: Key) -> None:
        """The mailbox's place is given back, unless it is connected meanwhile, as it is now."""
        watch = self._watches.get(key)
        if watch is None or (watch.connection is None and not watch.is_connecting):
            self._directory.closed(key)

    def _tell(self, what: Callable[..., None], *arguments: object) -> None:
        """Told by another thread; if that breaks, polling finds the mail anyhow."""
        self._tellers.submit(what, *arguments).add_done_callback(_log_broken)

    def _dismiss_tellers(self) -> None:
        """Each of them has told the rest, and rests itself: all meet, so that none does so for another."""
        meeting = threading.Barrier(TELLERS)

        def rest() -> None:
            with suppress(threading.BrokenBarrierError):
                meeting.wait(ENDS_WITHIN_S)
            self._directory.rest()

        for _ in range(TELLERS):
            self._tellers.submit(rest).add_done_callback(_log_broken)
        self._tellers.shutdown(wait=True)

    def _hear_bell(self) -> None:
        with suppress(BlockingIOError):
            self._ear.recv(4096)

    def _end(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        for key, watch in self._watches.items():
            watch.is_connecting = False
            self._close(key, watch)
        self._watches.clear()
        self._dismiss_tellers()
        self._selector.close()
        self._bell.close()
        self._ear.close()


def _log_broken(future: Future[None]) -> None:
    error = None if future.cancelled() else future.exception()
    if error is not None:
        logger.error("watch.not_told", exc_info=error)
