"""The way to a server that mail is read from: find it, reach the port, agree on encryption, sign in.

A kind of server adds how it is spoken to, and what its folder shows (imap_reading, pop3_reading).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import date

from helpdesk.lib.net import GuardReason, HostGuardError, VettedHost
from mailboxes.connectors.config import Security, ServerLogin
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.wire import BoundedSocket, BoundedTlsSocket, bounded, connected, wrap_tls
from mailboxes.diagnosis.encryption import Verdict, agreed, disagreed, protection
from mailboxes.diagnosis.explanations import (
    PROXY_FACTS,
    Subject,
    is_switched_off,
    name_causes,
    proxy_causes,
    reach_causes,
    server_words,
    sign_in_causes,
)
from mailboxes.diagnosis.plan import Step
from mailboxes.diagnosis.results import Cause, Stage, StageResult, State
from mailboxes.diagnosis.token_explanations import is_of_tokens

_SIGN_IN_FACTS = {
    Reason.LOGIN_REFUSED: "sign_in.refused",
    Reason.LOGIN_DISABLED: "sign_in.disabled",
    Reason.TOO_MANY_CONNECTIONS: "sign_in.too_many",
    Reason.MAILDROP_IN_USE: "sign_in.in_use",
    Reason.THROTTLED: "sign_in.throttled",
    Reason.CONNECTION_LOST: "sign_in.lost",
    Reason.TIMEOUT: "sign_in.silent",
}


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
        """From the name of the server to what is in the folder."""
        return (
            self._step(Stage.RESOLVE, self._resolve),
            self._step(Stage.CONNECT, self._connect),
            self._step(Stage.TLS, self._encrypt),
            self._step(Stage.SIGN_IN, self._sign_in),
            self._step(Stage.FOLDER, self._open_folder),
        )

    def close(self) -> None:
        """Nothing is open any more."""
        if not self._end() and self._sock is not None:
            self._sock.close()

    @abstractmethod
    def _end(self) -> bool:
        """Whoever speaks the protocol has left; False: nobody does yet, and the socket is still ours to close."""

    @abstractmethod
    def _upgrade(self, sock: BoundedSocket) -> BoundedTlsSocket:
        """The connection after the greeting and STARTTLS. Raises ConnectorError."""

    @abstractmethod
    def _authenticate(self, sock: BoundedSocket | BoundedTlsSocket) -> tuple[str, ...]:
        """Signed in; gives what the server says it can do. Raises ConnectorError."""

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
        except ConnectorError as error:
            if error.reason in PROXY_FACTS:
                return StageResult(
                    Stage.CONNECT, State.FAIL, PROXY_FACTS[error.reason], facts, causes=proxy_causes(error)
                )
            fact = "connect.no_answer" if error.reason is Reason.TIMEOUT else "connect.unreachable"
            return StageResult(Stage.CONNECT, State.FAIL, fact, facts, causes=self._reach_causes())
        return StageResult(Stage.CONNECT, State.OK, "connect.ok", facts)

    def _encrypt(self) -> StageResult:
        """TLS where it is configured; with STARTTLS the greeting comes first."""
        assert isinstance(self._sock, BoundedSocket)
        assert self._vetted is not None
        if self._login.security is Security.NONE:
            return StageResult(
                Stage.TLS, State.WARN, "tls.none", causes=(Cause("use_encryption", self._subject.field("security")),)
            )
        try:
            if self._login.security is Security.TLS:
                self._sock = wrap_tls(self._sock, login=self._login)
            else:
                self._sock.settimeout(self._connect_s)  # a port that waits for TLS says nothing
                self._sock = self._upgrade(self._sock)
        except ConnectorError as error:
            return _encryption(disagreed(error, subject=self._subject, vetted=self._vetted))
        return self._agreed(self._sock)

    def _agreed(self, sock: BoundedTlsSocket) -> StageResult:
        return _encryption(agreed(sock))

    def _sign_in(self) -> StageResult:
        assert self._sock is not None
        try:
            capabilities = self._authenticate(self._sock)
        except ConnectorError as error:
            return self._refused_sign_in(error)
        facts = {"host": self._login.host, "username": self._login.username}
        evidence = {"capabilities": capabilities}
        return StageResult(Stage.SIGN_IN, State.OK, "sign_in.ok", facts, evidence=evidence)

    def _refused_sign_in(self, error: ConnectorError) -> StageResult:
        fact = _SIGN_IN_FACTS.get(error.reason, "sign_in.trouble")
        if is_of_tokens(error):
            fact = "sign_in.token"
        elif self._login.tokens is not None and error.reason is Reason.LOGIN_REFUSED:
            fact = "sign_in.token_refused"
        elif "authenticated but not connected" in error.detail.lower():
            fact = "sign_in.no_access"
        elif error.reason is Reason.LOGIN_DISABLED and is_switched_off(self._subject, error):
            fact = "sign_in.switched_off"
        return StageResult(
            Stage.SIGN_IN,
            State.FAIL,
            fact,
            {
                "host": self._login.host,
                "username": self._login.username,
                "seconds": round(self._login.timeouts.read_s),
                "protocol": self._protocol.upper(),
            },
            causes=sign_in_causes(self._subject, error),
            server_words=server_words(error),
        )


def _encryption(verdict: Verdict) -> StageResult:
    return StageResult(
        Stage.TLS,
        verdict.state,
        verdict.fact,
        verdict.facts,
        evidence=verdict.evidence,
        causes=verdict.causes,
    )
