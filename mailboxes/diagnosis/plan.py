"""A connection test as a list of steps. Each kind of connection has its own (plans); connection_test runs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mailboxes.connectors.config import ServerLogin, SmtpConfig, Timeouts
from mailboxes.diagnosis.results import Stage, StageResult

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 20.0


@dataclass(frozen=True)
class Trial:
    """What is tried beyond reading, and whose mailbox it is."""

    address: str  # the mailbox's own, which sending is tried from and to
    smtp: SmtpConfig | None = None  # None: no server for sending is set
    sends_itself: bool = False  # mail leaves through the mailbox that is read; always so at Microsoft Graph
    test_mail: bytes | None = None  # RFC 5322 bytes that are then really sent, and looked for


@dataclass(frozen=True)
class Step:
    """One stage and how it is gone through."""

    begins: StageResult  # shown when its turn comes: RUN, or SKIP for one that is left out
    run: Callable[[], StageResult] | None  # never raises for what servers do; None: it is left out

    @property
    def stage(self) -> Stage:
        """Which one it is."""
        return self.begins.stage


@dataclass(frozen=True)
class Plan:
    """The stages of one test in their order, each using what the one before left behind."""

    steps: tuple[Step, ...]
    close: Callable[[], None]  # nothing is open afterwards, however far the test came

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages in their order."""
        return tuple(step.stage for step in self.steps)


def hurried(login: ServerLogin) -> ServerLogin:
    """The same account with the patience of a person who waits."""
    timeouts = Timeouts(
        connect_s=min(CONNECT_TIMEOUT_S, login.timeouts.connect_s), read_s=min(READ_TIMEOUT_S, login.timeouts.read_s)
    )
    return replace(login, timeouts=timeouts)
