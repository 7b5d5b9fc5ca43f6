"""A refused sign-in or folder comes with the likely causes, most likely first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from imapclient.exceptions import IMAPClientError

from mailboxes.connectors.config import Security
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap_errors import sign_in_errors_translated
from mailboxes.diagnosis.explanations import Subject, server_words, sign_in_causes
from mailboxes.diagnosis.results import Stage
from mailboxes.diagnosis.words import advice, sentence
from tests.connectors.configs import imap
from tests.connectors.scripted import ScriptedImap, ScriptedServer
from tests.connectors.worlds import ImapWorld
from tests.diagnosis.runs import ADDRESS, causes, failed, run


@pytest.mark.req("S4.48")
@pytest.mark.parametrize(
    ("said", "fact", "first"),
    [
        (b"NO [AUTHENTICATIONFAILED] Authentication failed.", "sign_in.refused", "check_password"),
        (b"NO [AUTHENTICATIONFAILED] Application-specific password required", "sign_in.refused", "app_password"),
        (b"NO [ALERT] Your account is not enabled for IMAP use.", "sign_in.switched_off", "switch_on_imap"),
        (b"NO [PRIVACYREQUIRED] Plaintext authentication disallowed", "sign_in.disabled", "use_encryption"),
        (b"BAD User is authenticated but not connected.", "sign_in.no_access", "mailbox_access"),
        (b"NO basicauthblocked", "sign_in.refused", "microsoft_sign_in"),
        (b"NO [ALERT] Too many simultaneous connections. (Failure)", "sign_in.too_many", "close_connections"),
        (b"NO [UNAVAILABLE] try later", "sign_in.trouble", "try_again"),
        (b"NO Request is throttled. Suggested Backoff Time: 1000 milliseconds", "sign_in.throttled", "try_again"),
    ],
)
def test_a_refused_sign_in_has_its_likely_cause_first(
    serve: Callable[..., ScriptedServer], said: bytes, fact: str, first: str
) -> None:
    server = serve(ScriptedImap, {"LOGIN": b"TAG " + said + b"\r\n"})
    fault = failed(imap(server.port))
    assert (fault.stage, fault.fact, fault.causes[0].code) == (Stage.SIGN_IN, fact, first)
    assert fault.server_words == said.split(b" ", 1)[1].decode()


@pytest.mark.req("S4.49")
@pytest.mark.parametrize(
    ("host", "said", "where"),
    [
        ("imap.gmail.com", "[ALERT] IMAP access is disabled for your domain. (Failure)", "Forwarding and POP/IMAP"),
        ("imap.gmail.com", "[ALERT] Your account is not enabled for IMAP use. (Failure)", "Admin console, Apps, Gmail"),
        ("outlook.office365.com", "IMAP is not enabled for this mailbox", "Microsoft 365 admin center"),
        ("imap.zoho.eu", "[ALERT] You are yet to enable IMAP for your account. (Failure)", "Zoho Mail: Settings"),
        ("imap.yandex.com", "[AUTHENTICATIONFAILED] LOGIN invalid credentials or IMAP is disabled", "Yandex Mail"),
        ("imap.gmx.net", "[ALERT] IMAP is deactivated", "POP3 and IMAP"),
        ("mail.example.test", "[CONTACTADMIN] Login disabled for this user", "switched on for this account"),
    ],
)
def test_a_protocol_that_is_switched_off_comes_with_the_place_of_the_switch(host: str, said: str, where: str) -> None:
    login = replace(imap(993).login, host=host, security=Security.TLS)
    with pytest.raises(ConnectorError) as refused, sign_in_errors_translated(login):
        raise IMAPClientError(said)
    assert refused.value.permanent
    advised = sign_in_causes(Subject(login, "imap", ADDRESS), refused.value)
    assert where in advice(advised[0])
    assert advised[-1].code == "switch_takes_time"
    asks_for_password = {"app_password", "check_password"} & {cause.code for cause in advised}
    assert bool(asks_for_password) == ("credentials" in said)


@pytest.mark.req("S4.49")
@pytest.mark.servers
def test_an_account_that_a_real_server_keeps_out_is_said_to_be_switched_off(account: ImapWorld) -> None:
    account.dovecot.switch_off(account.user)
    fault = failed(account.config())
    assert (fault.stage, fault.causes[0].code) == (Stage.SIGN_IN, "switch_on_imap")
    assert sentence(fault) == f"localhost says that IMAP is switched off for {account.user}"
    assert fault.server_words == "[CONTACTADMIN] Login disabled for this user"


def test_the_advice_on_the_user_name_fits_the_one_given(serve: Callable[..., ScriptedServer]) -> None:
    server = serve(ScriptedImap, {"LOGIN": b"TAG NO [AUTHENTICATIONFAILED] no\r\n"})
    config = imap(server.port)
    said = [advice(cause) for cause in failed(config).causes]
    assert "Check the username. Some servers want ann instead of the full address" in said
    said = [advice(cause) for cause in failed(replace(config, login=replace(config.login, username="ann"))).causes]
    assert f"Check the username. Many servers want the full address, {ADDRESS}" in said


def test_what_a_server_says_is_cut_and_cleaned(serve: Callable[..., ScriptedServer]) -> None:
    long = b"\x1b[31m\xff" + b"x" * 5000
    server = serve(ScriptedImap, {"LOGIN": b"TAG NO [AUTHENTICATIONFAILED] " + long + b"\r\n"})
    words = failed(imap(server.port)).server_words
    assert len(words) <= 200
    assert words.isascii()
    assert words.isprintable()


@pytest.mark.parametrize("reason", [Reason.PROTOCOL, Reason.TLS_FAILED, Reason.UNREACHABLE, Reason.HOST_NOT_ALLOWED])
def test_only_refusals_are_repeated_and_no_banners(reason: Reason) -> None:
    assert server_words(ConnectorError(reason, permanent=False, detail="SSH-2.0-OpenSSH_9.2")) == ""
    said = ConnectorError(Reason.LOGIN_REFUSED, permanent=True, detail="[AUTHENTICATIONFAILED] no")
    assert server_words(said) == "[AUTHENTICATIONFAILED] no"


def test_the_password_is_nowhere_in_the_results(serve: Callable[..., ScriptedServer]) -> None:
    server = serve(ScriptedImap, {"LOGIN": b'TAG NO [AUTHENTICATIONFAILED] LOGIN "ann" "s3cret-word"\r\n'})
    assert "s3cret-word" not in repr(run(imap(server.port)))


@pytest.mark.servers
def test_a_missing_folder_comes_with_the_folders_that_are_there(account: ImapWorld) -> None:
    fault = failed(replace(account.config(), folder="Support"))
    assert (fault.stage, sentence(fault)) == (Stage.FOLDER, "There's no folder called Support")
    assert causes(fault) == [("pick_folder", "folder")]
    assert {"INBOX", "Sent", "Archive"} <= set(fault.evidence["folders"])  # type: ignore[call-overload]  # a tuple


def test_an_account_without_its_mailbox_is_found_out_at_the_folder(serve: Callable[..., ScriptedServer]) -> None:
    server = serve(ScriptedImap, {"EXAMINE": b"TAG BAD User is authenticated but not connected.\r\n"})
    fault = failed(imap(server.port))
    assert (fault.stage, fault.fact, fault.causes[0].code) == (Stage.FOLDER, "sign_in.no_access", "mailbox_access")
