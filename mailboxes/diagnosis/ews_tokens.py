"""The stages of an Exchange server that a token opens: the token, then the mailbox, then as with a password."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from mailboxes.connectors import ews_folders
from mailboxes.connectors.errors import ConnectorError
from mailboxes.connectors.ews_client import EwsClient
from mailboxes.diagnosis.ews_explanations import opening_trouble, token_trouble
from mailboxes.diagnosis.ews_reading import EwsReadingTest
from mailboxes.diagnosis.explanations import server_words
from mailboxes.diagnosis.plan import Step
from mailboxes.diagnosis.results import Cause, Stage, StageResult, State


class EwsTokenTest(EwsReadingTest):
    """The steps for an app, or for somebody who has signed in. What they may do is found out by doing it."""

    def steps(self) -> tuple[Step, ...]:
        """From the name of the server to one message."""
        before, after = super().steps()[:3], super().steps()[4:]
        return (*before, self._step(Stage.TOKEN, self._token), self._step(Stage.MAILBOX, self._mailbox), *after)

    def _step(self, stage: Stage, run: Callable[[], StageResult]) -> Step:
        begins = super()._step(stage, run).begins
        fact = "token.ews_run" if stage is Stage.TOKEN else begins.fact
        return Step(replace(begins, fact=fact, facts={**begins.facts, **self._facts()}), run)

    def _facts(self) -> dict[str, str | int | date]:
        return {
            "host": self._login.host,
            "login": self._config.token_host or self._login.host,
            "username": self._login.username,
            "user": self._config.user,
        }

    def _token(self) -> StageResult:
        assert self._login.tokens is not None
        try:
            self._login.tokens.token()
        except ConnectorError as error:
            return self._failed(Stage.TOKEN, *token_trouble(self._config, error), error=error)
        return StageResult(Stage.TOKEN, State.OK, "token.ews_ok", self._facts())

    def _mailbox(self) -> StageResult:
        self._client = EwsClient(self._config)
        try:
            ews_folders.well_known(self._client, "inbox")
        except ConnectorError as error:
            return self._failed(Stage.MAILBOX, *opening_trouble(self._config, error), error=error)
        fact = "mailbox.ok" if self._config.impersonates else "mailbox.ews_ok"
        return StageResult(Stage.MAILBOX, State.OK, fact, self._facts())

    def _failed(self, stage: Stage, fact: str, causes: tuple[Cause, ...], *, error: ConnectorError) -> StageResult:
        return StageResult(stage, State.FAIL, fact, self._facts(), causes=causes, server_words=server_words(error))
