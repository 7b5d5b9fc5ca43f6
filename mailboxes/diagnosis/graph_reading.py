"""The stages of a mailbox at Microsoft Graph: the way there, a token, mailbox and folder, one message, a draft.

What the app, or who signed in, may do is found out by doing it: with RBAC for Applications the token names no
permission at all, and what a person may open is Exchange's to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from mailboxes.connectors import graph_folders, graph_listing
from mailboxes.connectors.base import RecipientState
from mailboxes.connectors.config import GraphConfig, Security, ServerLogin, Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.graph import GraphSource
from mailboxes.connectors.graph_client import GraphClient, segment
from mailboxes.connectors.graph_drafts import prepared
from mailboxes.connectors.graph_fetching import messages
from mailboxes.connectors.graph_folders import GraphFolder
from mailboxes.connectors.graph_sending import GraphSender
from mailboxes.connectors.wire import BoundedSocket
from mailboxes.diagnosis import graph_person_explanations as of_person
from mailboxes.diagnosis.arriving import arrival_in
from mailboxes.diagnosis.folders_found import folders_found
from mailboxes.diagnosis.graph_explanations import Verdict, mailbox_verdict, sending_verdict, token_verdict
from mailboxes.diagnosis.plan import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, Plan, Step, Trial
from mailboxes.diagnosis.reaching import ReadingTest
from mailboxes.diagnosis.results import Cause, Stage, StageResult, State
from mailboxes.diagnosis.sending import waited_for

MAX_READ_BYTES = 1024 * 1024
_WAY = (Cause("firewall"), Cause("operator"), Cause("try_again"))  # nobody typed the name of this host
_HOST_AND_PORT = re.compile(r"(.+?)(?::(\d{1,5}))?")
_DRAFT = b"Subject: Postroom connection test\r\n\r\nThis draft was made by a connection test and can be deleted.\r\n"


def graph_plan(config: GraphConfig, trial: Trial) -> Plan:
    """The test of one mailbox, by an app's own right or by who signed in."""
    timeouts = Timeouts(
        connect_s=min(CONNECT_TIMEOUT_S, config.timeouts.connect_s), read_s=min(READ_TIMEOUT_S, config.timeouts.read_s)
    )
    reading = GraphTest(replace(config, timeouts=timeouts), trial=trial)
    return Plan(reading.steps(), reading.close)


class GraphTest(ReadingTest):
    """The steps against one cloud."""

    def __init__(self, config: GraphConfig, *, trial: Trial) -> None:
        super().__init__(_login(config), protocol="https", address=trial.address, folder=config.folder)
        self._config = config
        self._trial = trial
        self._client: GraphClient | None = None
        self._opened: GraphFolder | None = None

    def steps(self) -> tuple[Step, ...]:
        """From the name of Graph's host to a draft."""
        return (
            *super().steps(),
            self._step(Stage.TOKEN, self._token),
            self._step(Stage.MAILBOX, self._mailbox),
            self._step(Stage.FOLDER, self._open_folder),
            self._step(Stage.READ, self._read_one),
            self._step(Stage.SEND, self._send),
        )

    def _step(self, stage: Stage, run: Callable[[], StageResult]) -> Step:
        begins = super()._step(stage, run).begins
        fact = self._fact(begins.fact) if stage is Stage.TOKEN else begins.fact
        if stage is Stage.SEND:
            fact = "send.run_mail" if self._trial.test_mail else "send.run_draft"
        return Step(replace(begins, fact=fact, facts={**begins.facts, **self._facts()}), run)

    def _facts(self) -> dict[str, str | int | date]:
        return {
            "host": self._login.host,
            "login": self._config.hosts.login,
            "user": self._config.user,
            "address": self._trial.address,
            "folder": self._folder,
            "person": self._config.person or self._trial.address,
        }

    def _fact(self, name: str) -> str:
        """The sentence about a person, where one signed in."""
        return name if self._config.person is None else f"{name}_person"

    def _token_verdict(self, error: ConnectorError) -> Verdict:
        return token_verdict(error) if self._config.person is None else of_person.token_verdict(error)

    def _mailbox_verdict(self, error: ConnectorError) -> Verdict:
        if self._config.person is None:
            return mailbox_verdict(error)
        return of_person.mailbox_verdict(error, is_own=self._config.is_own)

    def _sending_verdict(self, error: ConnectorError, *, is_writing: bool) -> Verdict:
        if self._config.person is None:
            return sending_verdict(error, is_writing=is_writing)
        return of_person.sending_verdict(error, is_writing=is_writing)

    def _end(self) -> bool:
        if self._client is not None:
            self._client.close()
        return False

    def _encrypt(self) -> StageResult:
        """A certificate that is not Microsoft's is no setting of theirs: something stands in between."""
        assert isinstance(self._sock, BoundedSocket)
        try:
            self._sock = self._secured(self._sock)
        except ConnectorError as error:
            causes = (Cause("interception"), Cause("operator"), Cause("try_again"))
            is_shown = error.reason not in (Reason.TIMEOUT, Reason.CONNECTION_LOST)
            fact = "tls.intercepted" if is_shown else "tls.failed"
            return StageResult(Stage.TLS, State.FAIL, fact, self._facts(), causes=causes)
        # How long Microsoft's certificates last is its own business.
        return replace(self._agreed(self._sock), state=State.OK, fact="tls.ok", causes=())

    def _name_causes(self) -> tuple[Cause, ...]:
        return _WAY

    def _reach_causes(self) -> tuple[Cause, ...]:
        return _WAY

    def _token(self) -> StageResult:
        try:
            self._config.tokens.token()
        except ConnectorError as error:
            return self._failed(Stage.TOKEN, *self._token_verdict(error), error=error)
        return StageResult(Stage.TOKEN, State.OK, self._fact("token.ok"), self._facts())

    def _mailbox(self) -> StageResult:
        self._client = GraphClient(self._config)
        try:
            graph_folders.inbox(self._client)
        except ConnectorError as error:
            return self._failed(Stage.MAILBOX, *self._mailbox_verdict(error), error=error)
        return StageResult(Stage.MAILBOX, State.OK, self._fact("mailbox.ok"), self._facts())

    def _open_folder(self) -> StageResult:
        assert self._client is not None
        evidence: dict[str, object] = {}
        try:
            evidence = folders_found(graph_folders.tree(self._client))
            self._opened = graph_folders.found(self._client, self._folder)
        except ConnectorError as error:
            is_missing = error.reason is Reason.FOLDER_NOT_FOUND
            fact, causes = ("folder.missing", (Cause("pick_folder", "folder"),))
            if not is_missing:
                fact, causes = ("folder.trouble", (Cause("try_again"),))
            return replace(self._failed(Stage.FOLDER, fact, causes, error=error), evidence=evidence)
        count = self._opened.count
        fact = {0: "folder.ok_empty", 1: "folder.ok_one"}.get(count, "folder.ok")
        facts = {**self._facts(), "count": count}
        return StageResult(Stage.FOLDER, State.OK, fact, facts, evidence=evidence | {"message_count": count})

    def _read_one(self) -> StageResult:
        """The oldest mail is listed and read; one above MAX_READ_BYTES proves as much by its size alone."""
        assert self._client is not None
        assert self._opened is not None
        try:
            listed = graph_listing.items_since(self._client, self._opened, since=None)
            item = next((item for item in listed if not item.other_kind), None)
            if item is None:
                return StageResult(Stage.READ, State.OK, "read.empty", self._facts())
            [fetched] = messages(self._client, self._opened, [item], max_bytes=MAX_READ_BYTES)
            if fetched.error is not None and fetched.error.reason is not Reason.TOO_LARGE:
                raise fetched.error
        except ConnectorError as error:
            causes = self._mailbox_verdict(error)[1]
            return self._failed(Stage.READ, "read.trouble", causes, error=error)
        return StageResult(Stage.READ, State.OK, "read.ok", self._facts())

    def _send(self) -> StageResult:
        """A draft is made and removed; the test mail, if there is one, is really sent and waited for."""
        try:
            if self._trial.test_mail is None:
                self._make_draft()
                return StageResult(Stage.SEND, State.OK, "send.draft_ok", self._facts())
            result = GraphSender(self._config).send(
                self._trial.test_mail,
                mail_from=self._trial.address,
                recipients=[self._trial.address],
                before_data=_leave_unmarked,
            )
            outcome = result.recipients[self._trial.address]
            if outcome.state is not RecipientState.SENT:
                reason = outcome.reason or Reason.SERVER_ERROR
                raise ConnectorError(reason, permanent=outcome.state is RecipientState.FAILED, detail=outcome.detail)
        except ConnectorError as error:
            is_writing = self._trial.test_mail is None
            return self._failed(Stage.SEND, *self._sending_verdict(error, is_writing=is_writing), error=error)
        has_arrived = arrival_in(GraphSource(self._config))
        return waited_for(
            self._trial.test_mail, address=self._trial.address, has_arrived=has_arrived, folder=self._folder
        )

    def _make_draft(self) -> None:
        assert self._client is not None
        with prepared(self._client, _DRAFT, recipients=[self._trial.address], message_id="") as draft_id:
            self._client.call("DELETE", f"/messages/{segment(draft_id)}", expected=204)

    def _failed(self, stage: Stage, fact: str, causes: tuple[Cause, ...], *, error: ConnectorError) -> StageResult:
        words = "".join(character for character in error.detail if " " <= character <= "~")[:200]
        told = tuple(replace(cause, facts=self._facts()) for cause in causes)
        return StageResult(stage, State.FAIL, fact, self._facts(), causes=told, server_words=words)


def _leave_unmarked(accepted: object, *, handle: str = "") -> None:
    """A test keeps no outbox."""


def _login(config: GraphConfig) -> ServerLogin:
    found = _HOST_AND_PORT.fullmatch(config.hosts.graph)
    host, port = found.groups() if found else (config.hosts.graph, None)
    return ServerLogin(
        host=str(host),
        port=int(port or 443),
        security=Security.TLS,
        username=config.user,
        password="",
        guard=config.guard,
        timeouts=config.timeouts,
        proxy=config.proxy,
        ca_file=config.ca_file,
    )
