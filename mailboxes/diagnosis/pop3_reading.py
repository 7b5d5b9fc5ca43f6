"""The stages of reading over POP3: the way to the server, and what the maildrop holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from mailboxes.connectors.config import Pop3Config
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.pop3 import Pop3Source
from mailboxes.connectors.pop3_client import Pop3Client, greeted
from mailboxes.connectors.pop3_errors import errors_translated
from mailboxes.connectors.wire import BoundedSocket, BoundedTlsSocket
from mailboxes.diagnosis.arriving import arrival_in
from mailboxes.diagnosis.explanations import server_words
from mailboxes.diagnosis.greeting import GreetedTest
from mailboxes.diagnosis.plan import Plan, Trial, hurried
from mailboxes.diagnosis.results import Cause, Stage, StageResult, State
from mailboxes.diagnosis.sending import sending_step

FOLDER = "INBOX"


def pop3_plan(config: Pop3Config, trial: Trial) -> Plan:
    """The test of a POP3 account and the SMTP server beside it."""
    config = replace(config, login=hurried(config.login))
    reading = Pop3ReadingTest(config, address=trial.address)
    sending = sending_step(trial, has_arrived=arrival_in(Pop3Source(config)), folder=FOLDER)
    return Plan((*reading.steps(), sending), reading.close)


class Pop3ReadingTest(GreetedTest):
    """The steps against one POP3 server. No message is fetched: some servers count that as read."""

    def __init__(self, config: Pop3Config, *, address: str) -> None:
        super().__init__(config.login, protocol="pop3", address=address, folder=FOLDER)
        self._client: Pop3Client | None = None

    def _end(self) -> bool:
        if self._client is not None:
            self._client.leave()
        return self._client is not None

    def _upgrade(self, sock: BoundedSocket) -> BoundedTlsSocket:
        self._client = greeted(self._login, connected=sock)
        with errors_translated(self._login):
            self._client.upgrade()
        assert isinstance(self._client.socket, BoundedTlsSocket)
        return self._client.socket

    def _authenticate(self) -> tuple[str, ...]:
        assert self._sock is not None
        if self._client is None:
            self._client = greeted(self._login, connected=self._sock)
        with errors_translated(self._login):
            self._client.sign_in()
            return tuple(f"{name} {what}".strip() for name, what in sorted(self._client.capabilities().items()))

    def _open_folder(self) -> StageResult:
        assert self._client is not None
        facts: dict[str, str | int | date] = {"host": self._login.host, "folder": FOLDER}
        try:
            with errors_translated(self._login):
                count = len(self._client.names())
                capabilities = self._client.capabilities()
        except ConnectorError as error:
            return self._refused_maildrop(error, facts=facts)
        facts["count"] = count
        causes = self._remarks(capabilities)
        if causes:
            return StageResult(
                Stage.FOLDER, State.WARN, "folder.maildrop", facts, evidence={"message_count": count}, causes=causes
            )
        fact = {0: "folder.ok_empty", 1: "folder.ok_one"}.get(count, "folder.ok")
        return StageResult(Stage.FOLDER, State.OK, fact, facts, evidence={"message_count": count})

    def _refused_maildrop(self, error: ConnectorError, *, facts: dict[str, str | int | date]) -> StageResult:
        if error.reason in (Reason.LOGIN_REFUSED, Reason.MAILDROP_IN_USE):
            return replace(self._refused_sign_in(error), stage=Stage.FOLDER)
        if error.reason is Reason.NO_UNIQUE_IDS:
            causes = (Cause("use_imap", "protocol"),)
            return StageResult(Stage.FOLDER, State.FAIL, "folder.no_unique_ids", facts, causes=causes)
        return StageResult(
            Stage.FOLDER,
            State.FAIL,
            "folder.trouble",
            facts,
            causes=(Cause("try_again"),),
            server_words=server_words(error),
        )

    def _remarks(self, capabilities: dict[str, str]) -> tuple[Cause, ...]:
        """What the server says it does to mail that was read, and how often it lets one in (RFC 2449)."""
        remarks: list[Cause] = []
        if self._login.host.lower().rstrip(".") == "pop.gmail.com":
            if not self._login.username.lower().startswith("recent:"):
                facts = {"username": f"recent:{self._login.username}"}
                remarks.append(Cause("google_recent_mode", "username", facts))
        elif capabilities.get("EXPIRE", "").partition(" ")[0] == "0":
            remarks.append(Cause("read_mail_goes", "protocol"))
        delay = capabilities.get("LOGIN-DELAY", "").partition(" ")[0]
        if delay.isdigit() and int(delay) > 0:
            remarks.append(Cause("poll_seldom", "poll_interval_s", {"seconds": int(delay)}))
        return tuple(remarks)
