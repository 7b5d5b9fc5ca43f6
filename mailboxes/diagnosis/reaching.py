"""The way to a server that mail is read from: find it, reach the port, agree on encryption.

What comes then depends on the kind: who is let in by a name signs in (signing_in, and greeting where the connection
itself is spoken on); Microsoft Graph has tokens (graph_reading). A kind adds what its folder shows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import date

from helpdesk.lib.net import GuardReason, HostGuardError, VettedHost
from mailboxes.connectors.config import Security, ServerLogin
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.trace import tap_of
from mailboxes.connectors.wire import BoundedSocket, BoundedTlsSocket, bounded, connected, wrap_tls
from mailboxes.diagnosis.encryption import Verdict, agreed, disagreed, protection
from mailboxes.diagnosis.explanations import (
    PROXY_FACTS,
    Subject,
    name_causes,
    proxy_causes,
    reach_causes,
)
from mailboxes.diagnosis.plan import Step
from mailboxes.diagnosis.results import Cause, Stage, StageResult, State


class ReadingTest(ABC):
    """The steps against one server, each using what the one before left behind. Close it afterwards."""

    def __init__(self, login: ServerLogin, *, protocol: str, address: str, folder: str) -> None:
        self._login = login
        self._folder = folder
        self._protocol = protocol
        self._subject = Subject(login, protocol, address)
        self._connect_s = login.timeouts.connect_s
        self._vetted: VettedHost | None = None
        self._sock: BoundedSocket | BoundedTlsSocket | None = None

    def steps(self) -> tuple[Step, ...]:
        """From the name of the server to an encrypted connection; a kind goes on from there."""
        return (
            self._step(Stage.RESOLVE, self._resolve),
            self._step(Stage.CONNECT, self._connect),
            self._step(Stage.TLS, self._encrypt),
        )

    def close(self) -> None:
        """Nothing is open any more."""
        if not self._end() and self._sock is not None:
            self._sock.close()

    @abstractmethod
    def _end(self) -> bool:
        """Whoever speaks the protocol has left; False: nobody does yet, and the socket is still ours to close."""

    @abstractmethod
    def _open_folder(self) -> StageResult:
        """What the folder shows, or why it cannot be opened."""

    def _step(self, stage: Stage, run: Callable[[], StageResult]) -> Step:
        facts: dict[str, str | int | date] = {
            "host": self._login.host,
            "port": self._login.port,
            "username": self._login.username,
            "protection": protection(self._login.security),
            "folder": self._folder,
        }
        return Step(StageResult(stage, State.RUN, f"{stage}.run", facts), run)

    def _name_causes(self) -> tuple[Cause, ...]:
        return name_causes(self._subject)

    def _reach_causes(self) -> tuple[Cause, ...]:
        return reach_causes(self._subject)

    def _resolve(self) -> StageResult:
        facts: dict[str, str | int | date] = {"host": self._login.host}
        try:
            self._vetted = self._login.guard.resolve(self._login.host, self._login.port, protocol=self._protocol)
        except HostGuardError as error:
            if error.reason is GuardReason.REFUSED:  # told as unreachable by the next stage
                return StageResult(Stage.RESOLVE, State.OK, "resolve.done", facts)
            fact = {GuardReason.NOT_FOUND: "resolve.not_found", GuardReason.BAD_NAME: "resolve.bad_name"}.get(
                error.reason, "resolve.unwell"
            )
            return StageResult(Stage.RESOLVE, State.FAIL, fact, facts, causes=self._name_causes())
        addresses = tuple(map(str, self._vetted.addresses))
        facts["address"] = addresses[0]
        return StageResult(Stage.RESOLVE, State.OK, "resolve.ok", facts, evidence={"addresses": addresses})

    def _connect(self) -> StageResult:
        facts: dict[str, str | int | date] = {
            "host": self._login.host,
            "port": self._login.port,
            "seconds": round(self._connect_s),
        }
        try:
            if self._vetted is None:
                raise ConnectorError(Reason.UNREACHABLE, permanent=False)
            plain = connected(self._login, self._vetted)
            self._sock = bounded(plain, read_s=self._login.timeouts.read_s)
            self._sock.tap = tap_of(self._login, protocol=self._protocol)
        except ConnectorError as error:
            if error.reason in PROXY_FACTS:
                return StageResult(
                    Stage.CONNECT, State.FAIL, PROXY_FACTS[error.reason], facts, causes=proxy_causes(error)
                )
            fact = "connect.no_answer" if error.reason is Reason.TIMEOUT else "connect.unreachable"
            return StageResult(Stage.CONNECT, State.FAIL, fact, facts, causes=self._reach_causes())
        return StageResult(Stage.CONNECT, State.OK, "connect.ok", facts)

    def _encrypt(self) -> StageResult:
        """TLS where it is configured."""
        assert isinstance(self._sock, BoundedSocket)
        assert self._vetted is not None
        if self._login.security is Security.NONE:
            return StageResult(
                Stage.TLS, State.WARN, "tls.none", causes=(Cause("use_encryption", self._subject.field("security")),)
            )
        try:
            self._sock = self._secured(self._sock)
        except ConnectorError as error:
            return _encryption(disagreed(error, subject=self._subject, vetted=self._vetted))
        return self._agreed(self._sock)

    def _secured(self, sock: BoundedSocket) -> BoundedTlsSocket:
        """The connection, encrypted from its first byte. Raises ConnectorError."""
        return wrap_tls(sock, login=self._login)

    def _agreed(self, sock: BoundedTlsSocket) -> StageResult:
        return _encryption(agreed(sock))


def _encryption(verdict: Verdict) -> StageResult:
    return StageResult(
        Stage.TLS,
        verdict.state,
        verdict.fact,
        verdict.facts,
        evidence=verdict.evidence,
        causes=verdict.causes,
    )
