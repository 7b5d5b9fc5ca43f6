"""The stages of reading mail: find the server, reach the port, agree on encryption, sign in, open the folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from helpdesk.lib.net import GuardReason, HostGuardError, VettedHost
from mailboxes.connectors.base import FolderInfo
from mailboxes.connectors.config import ImapConfig, Security
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap_client import ImapClient, greeted
from mailboxes.connectors.imap_errors import errors_translated
from mailboxes.connectors.wire import BoundedSocket, BoundedTlsSocket, bounded, wrap_tls
from mailboxes.diagnosis.encryption import agreed, disagreed
from mailboxes.diagnosis.explanations import (
    Subject,
    is_switched_off,
    name_causes,
    reach_causes,
    server_words,
    sign_in_causes,
)
from mailboxes.diagnosis.results import Cause, Stage, StageResult, State

MAX_FOLDERS_SHOWN = 200

_SIGN_IN_FACTS = {
    Reason.LOGIN_REFUSED: "sign_in.refused",
    Reason.LOGIN_DISABLED: "sign_in.disabled",
    Reason.TOO_MANY_CONNECTIONS: "sign_in.too_many",
    Reason.THROTTLED: "sign_in.throttled",
    Reason.CONNECTION_LOST: "sign_in.lost",
    Reason.TIMEOUT: "sign_in.silent",
}


class ReadingTest:
    """The steps against one IMAP server, each using what the one before left behind. Close it afterwards."""

    def __init__(self, config: ImapConfig, *, address: str) -> None:
        self._config = config
        self._login = config.login
        self._subject = Subject(config.login, "imap", address)
        self._connect_s = config.login.timeouts.connect_s
        self._vetted: VettedHost | None = None
        self._sock: BoundedSocket | BoundedTlsSocket | None = None
        self._client: ImapClient | None = None
        self.steps: dict[Stage, Callable[[], StageResult]] = {
            Stage.RESOLVE: self._resolve,
            Stage.CONNECT: self._connect,
            Stage.TLS: self._encrypt,
            Stage.SIGN_IN: self._sign_in,
            Stage.FOLDER: self._open_folder,
        }

    def close(self) -> None:
        """Nothing is open any more."""
        if self._client is not None:
            self._client.end()
        elif self._sock is not None:
            self._sock.close()

    def _resolve(self) -> StageResult:
        facts: dict[str, str | int | date] = {"host": self._login.host}
        try:
            self._vetted = self._login.guard.resolve(self._login.host, self._login.port, protocol="imap")
        except HostGuardError as error:
            if error.reason is GuardReason.REFUSED:  # told as unreachable by the next stage
                return StageResult(Stage.RESOLVE, State.OK, "resolve.done", facts)
            fact = {GuardReason.NOT_FOUND: "resolve.not_found", GuardReason.BAD_NAME: "resolve.bad_name"}.get(
                error.reason, "resolve.unwell"
            )
            return StageResult(Stage.RESOLVE, State.FAIL, fact, facts, causes=name_causes(self._subject))
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
                raise HostGuardError(GuardReason.UNREACHABLE)
            self._sock = bounded(self._vetted.connect(timeout_s=self._connect_s), read_s=self._login.timeouts.read_s)
        except HostGuardError as error:
            fact = "connect.no_answer" if error.reason is GuardReason.TIMEOUT else "connect.unreachable"
            return StageResult(Stage.CONNECT, State.FAIL, fact, facts, causes=reach_causes(self._subject))
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
                self._sock = self._upgraded(self._sock)
        except ConnectorError as error:
            verdict = disagreed(error, subject=self._subject, vetted=self._vetted)
        else:
            verdict = agreed(self._sock)
        return StageResult(
            Stage.TLS,
            verdict.state,
            verdict.fact,
            verdict.facts,
            evidence=verdict.evidence,
            causes=verdict.causes,
        )

    def _upgraded(self, sock: BoundedSocket) -> BoundedTlsSocket:
        sock.settimeout(self._connect_s)  # a port that waits for TLS says nothing
        self._client = greeted(self._login, connected=sock)
        with errors_translated(self._login):
            self._client.upgrade()
        encrypted = self._client.socket()
        assert isinstance(encrypted, BoundedTlsSocket)
        return encrypted

    def _sign_in(self) -> StageResult:
        facts = {"host": self._login.host, "username": self._login.username}
        try:
            if self._client is None:
                self._client = greeted(self._login, connected=self._sock)
            with errors_translated(self._login):
                self._client.sign_in()
                capabilities = tuple(sorted(str(name, "ascii", "replace") for name in self._client.capabilities()))
        except ConnectorError as error:
            return self._refused_sign_in(error)
        evidence = {"capabilities": capabilities}
        return StageResult(Stage.SIGN_IN, State.OK, "sign_in.ok", facts, evidence=evidence)

    def _refused_sign_in(self, error: ConnectorError) -> StageResult:
        fact = _SIGN_IN_FACTS.get(error.reason, "sign_in.trouble")
        if "authenticated but not connected" in error.detail.lower():
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
            },
            causes=sign_in_causes(self._subject, error),
            server_words=server_words(error),
        )

    def _open_folder(self) -> StageResult:
        assert self._client is not None
        facts = {"host": self._login.host, "folder": self._config.folder}
        try:
            with errors_translated(self._login):
                folders = self._client.folders()
                state = self._client.open_folder(self._config.folder, writable=False)
        except ConnectorError as error:
            if error.reason is Reason.LOGIN_REFUSED:  # Exchange tells only now that there is no way to the mailbox
                return replace(self._refused_sign_in(error), stage=Stage.FOLDER)
            return self._refused_folder(error)
        evidence = {"folders": _names(folders), "message_count": state.count}
        fact = {0: "folder.ok_empty", 1: "folder.ok_one"}.get(state.count, "folder.ok")
        return StageResult(Stage.FOLDER, State.OK, fact, {**facts, "count": state.count}, evidence=evidence)

    def _refused_folder(self, error: ConnectorError) -> StageResult:
        missing = error.reason is Reason.FOLDER_NOT_FOUND
        return StageResult(
            Stage.FOLDER,
            State.FAIL,
            "folder.missing" if missing else "folder.trouble",
            {"host": self._login.host, "folder": self._config.folder},
            evidence={"folders": self._folders_found()},
            causes=(Cause("pick_folder", "folder") if missing else Cause("try_again"),),
            server_words=server_words(error),
        )

    def _folders_found(self) -> tuple[str, ...]:
        assert self._client is not None
        try:
            with errors_translated(self._login):
                return _names(self._client.folders())
        except ConnectorError:
            return ()


def _names(folders: list[FolderInfo]) -> tuple[str, ...]:
    return tuple(folder.name for folder in folders if folder.selectable)[:MAX_FOLDERS_SHOWN]
