"""The stages of reading from an Exchange server: the way to it, signing in, the folder, and one message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from mailboxes.connectors import ews_fetching, ews_folders, ews_listing
from mailboxes.connectors.config import EwsConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.ews_client import EwsClient
from mailboxes.connectors.ews_folders import EwsFolder
from mailboxes.diagnosis.explanations import Subject, server_words
from mailboxes.diagnosis.folders_found import folders_found
from mailboxes.diagnosis.plan import Step
from mailboxes.diagnosis.results import Cause, Stage, StageResult, State
from mailboxes.diagnosis.signing_in import SignInTest

MAX_READ_BYTES = 1024 * 1024
_NO_MAILBOX = (Cause("ews_address", "address"), Cause("ews_access"))
_REFUSED: Mapping[Reason, tuple[str, tuple[Cause, ...]]] = {  # a key of words.FACTS, and the causes
    Reason.PERMISSION_MISSING: ("sign_in.ews_no_access", (Cause("ews_access"), Cause("ews_address", "address"))),
    Reason.ACCESS_BLOCKED: ("sign_in.ews_no_access", (Cause("ews_access"), Cause("switch_on_ews"))),
    Reason.MAILBOX_NOT_FOUND: ("sign_in.ews_no_mailbox", _NO_MAILBOX),
    Reason.MAILBOX_NOT_ENABLED: ("sign_in.ews_no_mailbox", _NO_MAILBOX),
    Reason.PROTOCOL: (
        "sign_in.ews_elsewhere",
        (Cause("check_spelling", "host"), Cause("check_port", "port", {"ports": "443"})),
    ),
}


class EwsReadingTest(SignInTest):
    """The steps against one Exchange server. Reading a message changes nothing on it."""

    def __init__(self, config: EwsConfig, *, address: str) -> None:
        super().__init__(config.login, protocol="https", address=address, folder=config.folder)
        self._subject = Subject(config.login, "ews", address)
        self._config = config
        self._client: EwsClient | None = None
        self._opened: EwsFolder | None = None

    def steps(self) -> tuple[Step, ...]:
        """From the name of the server to one message."""
        return (*super().steps(), self._step(Stage.READ, self._read_one))

    def _end(self) -> bool:
        if self._client is not None:
            self._client.close()
        return False  # the connection that showed the certificate is another one

    def _authenticate(self) -> tuple[str, ...]:
        self._client = EwsClient(self._config)
        ews_folders.well_known(self._client, "inbox")
        return ()

    def _refused_sign_in(self, error: ConnectorError) -> StageResult:
        result = super()._refused_sign_in(error)
        if error.reason not in _REFUSED:
            return result
        fact, causes = _REFUSED[error.reason]
        if self._config.impersonates and error.reason is Reason.PERMISSION_MISSING:
            causes = (Cause("ews_impersonation", "opens_by"), Cause("ews_address", "address"))
        facts = {**result.facts, "user": self._config.user}
        return replace(result, fact=fact, facts=facts, causes=causes, server_words=server_words(error))

    def _open_folder(self) -> StageResult:
        assert self._client is not None
        facts: dict[str, str | int | date] = {"host": self._login.host, "folder": self._folder}
        evidence: dict[str, object] = {}
        try:
            evidence = folders_found(ews_folders.tree(self._client))
            self._opened = ews_folders.found(self._client, self._folder)
        except ConnectorError as error:
            is_missing = error.reason is Reason.FOLDER_NOT_FOUND
            fact = "folder.missing" if is_missing else "folder.trouble"
            causes = (Cause("pick_folder", "folder") if is_missing else Cause("try_again"),)
            words = server_words(error)
            return StageResult(
                Stage.FOLDER, State.FAIL, fact, facts, evidence=evidence, causes=causes, server_words=words
            )
        count = self._opened.count
        fact = {0: "folder.ok_empty", 1: "folder.ok_one"}.get(count, "folder.ok")
        evidence |= {"message_count": count}
        return StageResult(Stage.FOLDER, State.OK, fact, {**facts, "count": count}, evidence=evidence)

    def _read_one(self) -> StageResult:
        """The oldest mail is listed and read; one above MAX_READ_BYTES proves as much by its size alone."""
        assert self._client is not None
        assert self._opened is not None
        try:
            listed = ews_listing.items_since(self._client, self._opened, since=None)
            item = next((item for item in listed if not item.other_kind), None)
            if item is None:
                return StageResult(Stage.READ, State.OK, "read.empty")
            [fetched] = ews_fetching.messages(self._client, self._opened, [item], max_bytes=MAX_READ_BYTES)
            if fetched.error is not None and fetched.error.reason is not Reason.TOO_LARGE:
                raise fetched.error
        except ConnectorError as error:
            causes = (Cause("try_again"), Cause("ews_access"))
            words = server_words(error)
            return StageResult(Stage.READ, State.FAIL, "read.trouble", causes=causes, server_words=words)
        return StageResult(Stage.READ, State.OK, "read.ok")
