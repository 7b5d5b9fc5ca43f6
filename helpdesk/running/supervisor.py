"""One process that keeps several children running: a dead one is restarted, and all end with it."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from helpdesk.lib import clock

STOP_WAIT_S = 15.0
_LOOK_EVERY_S = 0.2
_PAUSES_S = (0.2, 1.0, 5.0, 15.0)  # before the first, second, … restart in a row
_STEADY_S = 30.0  # a child that ran this long starts again without a pause
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Child:
    """What is to run, under which name."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


class Running:
    """One child that is kept running."""

    def __init__(self, child: Child, *, log_folder: Path | None) -> None:
        self.child = child
        self.restarts = 0
        self._log_folder = log_folder
        self._start()

    def _start(self) -> None:
        output = None
        if self._log_folder is not None:
            output = (self._log_folder / f"{self.child.name}.log").open("ab")
        self.started_at = clock.monotonic()
        self.process = subprocess.Popen(  # noqa: S603  our own programs, no shell
            self.child.argv,
            env={**os.environ, **self.child.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509  this process has one thread
        )
        if output is not None:
            output.close()

    def look(self, *, say: Callable[[str], None]) -> None:
        """The child runs, or will after a pause that grows with failures in a row."""
        code = self.process.poll()
        if code is None:
            return
        if clock.monotonic() - self.started_at > _STEADY_S:
            self.restarts = 0
        pause_s = _PAUSES_S[min(self.restarts, len(_PAUSES_S) - 1)]
        if clock.monotonic() - self.started_at < pause_s:
            return
        say(f"{self.child.name} ended with code {code}; starting it again.")
        self.restarts += 1
        self._start()

    def signal_group(self, number: int) -> None:
        """The child and whatever it started get the signal."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return


class Supervisor:
    """Runs children until told to stop. Use as a context: leaving it ends them all."""

    def __init__(self, children: Sequence[Child], *, log_folder: Path | None, say: Callable[[str], None]) -> None:
        self._children = children
        self._log_folder = log_folder
        self._say = say
        self.running: list[Running] = []
        self.is_stopping = False

    def __enter__(self) -> Supervisor:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        try:
            self.running = [Running(child, log_folder=self._log_folder) for child in self._children]
        except OSError:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _ask_to_stop(self, *_: object) -> None:
        self.is_stopping = True

    def watch(self, *, until: Callable[[], bool] = lambda: False) -> None:
        """Children are kept running until a stop is asked for, or `until` is true."""
        while not self.is_stopping and not until():
            for running in self.running:
                running.look(say=self._say)
            clock.pause(_LOOK_EVERY_S)

    def stop(self) -> None:
        """No child runs any more: asked first, and killed with all it started after 15 seconds."""
        self.is_stopping = True
        for running in self.running:
            running.process.send_signal(signal.SIGTERM)
        ends_at = clock.monotonic() + STOP_WAIT_S
        for running in self.running:
            try:
                running.process.wait(max(0.1, ends_at - clock.monotonic()))
            except subprocess.TimeoutExpired:
                self._say(f"{running.child.name} did not end in time; ending it by force.")
            running.signal_group(signal.SIGKILL)
            running.process.wait()


def _end_with_parent() -> None:
    """A supervisor that is killed takes its children along (Linux; elsewhere they stay until stopped)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
