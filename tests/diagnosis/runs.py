"""Runs of the connection test and what they said."""

from __future__ import annotations

from dataclasses import replace

from helpdesk.lib.net import HostGuard
from mailboxes.connectors.config import ImapConfig, Pop3Config, Security, SmtpConfig, Timeouts
from mailboxes.diagnosis.connection_test import run_connection_test
from mailboxes.diagnosis.plan import Trial
from mailboxes.diagnosis.plans import plan_for
from mailboxes.diagnosis.results import Stage, StageResult, State
from mailboxes.diagnosis.words import advice, sentence, title
from tests.connectors.configs import LOOPBACK
from tests.connectors.worlds import ImapWorld

ADDRESS = "hello@fernhollow.example"
STAGES = (Stage.RESOLVE, Stage.CONNECT, Stage.TLS, Stage.SIGN_IN, Stage.FOLDER, Stage.SEND)
SHORT = Timeouts(connect_s=2, read_s=1)


def run(
    config: ImapConfig | Pop3Config, *, sending: SmtpConfig | None = None, test_mail: bytes | None = None
) -> list[StageResult]:
    """Everything the test said."""
    trial = Trial(ADDRESS, smtp=sending, test_mail=test_mail)
    kind = "imap" if isinstance(config, ImapConfig) else "pop3"
    return list(run_connection_test(plan_for(kind, config, trial=trial)))


def done(results: list[StageResult]) -> dict[Stage, StageResult]:
    """How each stage ended."""
    return {result.stage: result for result in results if result.state is not State.RUN}


def failed(config: ImapConfig | Pop3Config, *, sending: SmtpConfig | None = None) -> StageResult:
    """The stage that failed, checked: those before passed, those after were not tried, every sentence can be said."""
    results = run(config, sending=sending)
    for result in results:
        assert sentence(result)
        assert title(result)
        assert all(advice(cause) for cause in result.causes)
    [fault] = [result for result in results if result.state is State.FAIL]
    after = [result.state for result in results if STAGES.index(result.stage) > STAGES.index(fault.stage)]
    assert set(after) <= {State.SKIP}
    assert fault.causes
    return fault


def causes(result: StageResult) -> list[tuple[str, str]]:
    """Code and form field of each cause."""
    return [(cause.code, cause.form_field) for cause in result.causes]


def configured(account: ImapWorld, *, security: Security, port: int, **changes: object) -> ImapConfig:
    """The account with another kind of protection or another port."""
    config = account.config(timeouts=SHORT)
    guard = HostGuard(LOOPBACK, frozenset({port}))
    login = replace(config.login, security=security, port=port, guard=guard, **changes)  # type: ignore[arg-type]  # fields
    return replace(config, login=login)
