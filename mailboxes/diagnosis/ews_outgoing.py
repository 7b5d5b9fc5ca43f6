"""The stage of sending through the mailbox itself on an Exchange server: a draft, or a mail to its own address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from mailboxes.connectors.base import RecipientState
from mailboxes.connectors.config import EwsConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.ews import EwsSource
from mailboxes.connectors.ews_client import connected
from mailboxes.connectors.ews_drafts import discard, prepared
from mailboxes.connectors.ews_sending import EwsSender
from mailboxes.diagnosis.arriving import arrival_in
from mailboxes.diagnosis.ews_explanations import sending_trouble
from mailboxes.diagnosis.explanations import server_words
from mailboxes.diagnosis.plan import Step, Trial
from mailboxes.diagnosis.results import Stage, StageResult, State
from mailboxes.diagnosis.sending import waited_for

_DRAFT = b"Subject: Postroom connection test\r\n\r\nThis draft was made by a connection test and can be deleted.\r\n"


def own_sending_step(config: EwsConfig, trial: Trial) -> Step:
    """A draft is made and removed; the test mail, if there is one, is really sent and waited for."""
    facts: dict[str, str | int | date] = {
        "host": config.login.host,
        "user": config.user,
        "address": trial.address,
        "folder": config.folder,
    }
    fact = "send.run_draft" if trial.test_mail is None else "send.run_mail"

    def run() -> StageResult:
        try:
            if trial.test_mail is None:
                _make_draft(config, address=trial.address)
                return StageResult(Stage.SEND, State.OK, "send.draft_ok", facts)
            _send(config, trial.test_mail, address=trial.address)
        except ConnectorError as error:
            return _failed(config, error, trial=trial, facts=facts)
        has_arrived = arrival_in(EwsSource(config))
        return waited_for(trial.test_mail, address=trial.address, has_arrived=has_arrived, folder=config.folder)

    return Step(StageResult(Stage.SEND, State.RUN, fact, facts), run)


def _make_draft(config: EwsConfig, *, address: str) -> None:
    with connected(config) as client, prepared(client, _DRAFT, recipients=[address]) as draft:
        discard(client, draft)


def _send(config: EwsConfig, mail: bytes, *, address: str) -> None:
    """Raises ConnectorError unless it has left."""
    result = EwsSender(config).send(mail, mail_from=address, recipients=[address], before_data=_leave_unmarked)
    outcome = result.recipients[address]
    if outcome.state is not RecipientState.SENT:
        is_final = outcome.state is RecipientState.FAILED
        raise ConnectorError(outcome.reason or Reason.SERVER_ERROR, permanent=is_final, detail=outcome.detail)


def _failed(
    config: EwsConfig, error: ConnectorError, *, trial: Trial, facts: Mapping[str, str | int | date]
) -> StageResult:
    is_writing = trial.test_mail is None
    fact, causes = sending_trouble(config, error, address=trial.address, is_writing=is_writing)
    return StageResult(Stage.SEND, State.FAIL, fact, facts, causes=causes, server_words=server_words(error))


def _leave_unmarked(accepted: object, *, handle: str = "") -> None:
    """A test keeps no outbox."""
