"""What the connection test says of accounts that are proven by tokens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mailboxes.connectors.config import ImapConfig, Security
from mailboxes.connectors.errors import OF_TOKENS, ConnectorError, Reason
from mailboxes.diagnosis.results import Stage
from mailboxes.diagnosis.words import advice, sentence
from tests.connectors import configs
from tests.diagnosis.runs import failed


class Refusing:
    """A token source whose provider refuses."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason

    def token(self, *, refused: str = "") -> str:
        """Never one."""
        raise ConnectorError(self.reason, permanent=True, detail="invalid_grant · AADSTS50173: revoked")


class Given:
    """A token source that has one token."""

    def token(self, *, refused: str = "") -> str:
        """Always this one."""
        return "of-somebody-else"


def config(dovecot: Any, tokens: Any) -> ImapConfig:
    login = configs.login(dovecot.imaps_port, security=Security.TLS, ca_path=dovecot.ca_path)
    return ImapConfig(replace(login, password="", tokens=tokens))


@pytest.mark.req("S4.67", "S4.69")
@pytest.mark.parametrize("reason", sorted(OF_TOKENS))
def test_a_provider_that_gives_no_token_is_told_from_a_mail_server_that_refuses(dovecot: Any, reason: Reason) -> None:
    fault = failed(config(dovecot, Refusing(reason)))
    assert (fault.stage, fault.fact) == (Stage.SIGN_IN, "sign_in.token")
    assert sentence(fault) == "The provider gives no access for ann@fernhollow.example"
    assert [advice(cause) for cause in fault.causes]
    assert fault.server_words.startswith("invalid_grant")


def test_a_token_that_the_mail_server_refuses_is_not_called_a_wrong_password(dovecot: Any) -> None:
    fault = failed(config(dovecot, Given()))
    assert fault.fact == "sign_in.token_refused"
    assert fault.causes[0].code == "mailbox_access"
    assert fault.causes[-1].code == "token_sign_in"


@pytest.mark.req("S5.83")
def test_mixed_scopes_are_told_with_what_to_remove(dovecot: Any) -> None:
    fault = failed(config(dovecot, Refusing(Reason.SCOPES_MIXED)))
    assert "User.Read" in advice(fault.causes[0])
