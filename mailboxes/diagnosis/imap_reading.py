"""The stages of reading over IMAP: the way to the server, and the folder with those beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mailboxes.connectors.base import FolderInfo
from mailboxes.connectors.config import ImapConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap import ImapSource
from mailboxes.connectors.imap_client import ImapClient, greeted
from mailboxes.connectors.imap_errors import errors_translated
from mailboxes.connectors.wire import BoundedSocket, BoundedTlsSocket
from mailboxes.diagnosis.arriving import arrival_in
from mailboxes.diagnosis.explanations import server_words
from mailboxes.diagnosis.folders_found import folders_found
from mailboxes.diagnosis.greeting import GreetedTest
from mailboxes.diagnosis.plan import Plan, Trial, hurried
from mailboxes.diagnosis.results import Cause, Stage, StageResult, State
from mailboxes.diagnosis.sending import sending_step


def imap_plan(config: ImapConfig, trial: Trial) -> Plan:
    """The test of an IMAP account and the SMTP server beside it."""
    config = replace(config, login=hurried(config.login))
    reading = ImapReadingTest(config, address=trial.address)
    sending = sending_step(trial, has_arrived=arrival_in(ImapSource(config)), folder=config.folder)
    return Plan((*reading.steps(), sending), reading.close)


class ImapReadingTest(GreetedTest):
    """The steps against one IMAP server."""

    def __init__(self, config: ImapConfig, *, address: str) -> None:
        super().__init__(config.login, protocol="imap", address=address, folder=config.folder)
        self._client: ImapClient | None = None

    def _end(self) -> bool:
        if self._client is not None:
            self._client.end()
        return self._client is not None

    def _upgrade(self, sock: BoundedSocket) -> BoundedTlsSocket:
        self._client = greeted(self._login, connected=sock)
        with errors_translated(self._login):
            self._client.upgrade()
        encrypted = self._client.socket()
        assert isinstance(encrypted, BoundedTlsSocket)
        return encrypted

    def _authenticate(self) -> tuple[str, ...]:
        assert self._sock is not None
        if self._client is None:
            self._client = greeted(self._login, connected=self._sock)
        with errors_translated(self._login):
            self._client.sign_in()
            return tuple(sorted(str(name, "ascii", "replace") for name in self._client.capabilities()))

    def _open_folder(self) -> StageResult:
        assert self._client is not None
        facts = {"host": self._login.host, "folder": self._folder}
        try:
            with errors_translated(self._login):
                folders = self._client.folders()
                state = self._client.open_folder(self._folder, writable=False)
        except ConnectorError as error:
            if error.reason is Reason.LOGIN_REFUSED:  # Exchange tells only now that there is no way to the mailbox
                return replace(self._refused_sign_in(error), stage=Stage.FOLDER)
            return self._refused_folder(error)
        evidence = folders_found(folders) | {"message_count": state.count}
        fact = {0: "folder.ok_empty", 1: "folder.ok_one"}.get(state.count, "folder.ok")
        return StageResult(Stage.FOLDER, State.OK, fact, {**facts, "count": state.count}, evidence=evidence)

    def _refused_folder(self, error: ConnectorError) -> StageResult:
        missing = error.reason is Reason.FOLDER_NOT_FOUND
        return StageResult(
            Stage.FOLDER,
            State.FAIL,
            "folder.missing" if missing else "folder.trouble",
            {"host": self._login.host, "folder": self._folder},
            evidence=folders_found(self._folders()),
            causes=(Cause("pick_folder", "folder") if missing else Cause("try_again"),),
            server_words=server_words(error),
        )

    def _folders(self) -> Sequence[FolderInfo]:
        assert self._client is not None
        try:
            with errors_translated(self._login):
                return self._client.folders()
        except ConnectorError:
            return ()
