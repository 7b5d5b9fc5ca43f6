"""What IMAP servers say when they refuse, and what is never said to them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import pytest

from mailboxes.connectors.base import AfterImport
from mailboxes.connectors.config import Security
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap import ImapSource
from tests.connectors.configs import imap
from tests.connectors.imap_scripts import ITEMS, refused
from tests.connectors.scripted import Act, Answer, Answers, Encrypt, ScriptedImap
from tests.servers.certificates import CertificateAuthority


@pytest.mark.req("F67", "F68")
@pytest.mark.parametrize(
    ("said", "reason", "permanent"),
    [
        (b"NO [AUTHENTICATIONFAILED] no", Reason.LOGIN_REFUSED, True),
        (b"NO LOGIN failed.", Reason.LOGIN_REFUSED, True),
        (b"NO [ALERT] Application-specific password required", Reason.LOGIN_REFUSED, True),
        (b"BAD User is authenticated but not connected.", Reason.LOGIN_REFUSED, True),
        (b"NO [UNAVAILABLE] Temporary authentication failure.", Reason.SERVER_ERROR, False),
        (b"NO [INUSE] busy", Reason.SERVER_ERROR, False),
        (b"NO Temporary failure, try again later", Reason.SERVER_ERROR, False),
        (b"NO [LIMIT] limit reached", Reason.THROTTLED, False),
        (b"NO [ALERT] Too many simultaneous connections. (Failure)", Reason.TOO_MANY_CONNECTIONS, False),
        (b"NO [PRIVACYREQUIRED] use TLS", Reason.LOGIN_DISABLED, True),
        (b"NO [ALERT] Your account is not enabled for IMAP use.", Reason.LOGIN_DISABLED, True),
        (b"NO Request is throttled. Suggested Backoff Time: 299961 milliseconds", Reason.THROTTLED, False),
    ],
)
def test_a_refused_sign_in_is_understood(
    serve: Callable[..., ScriptedImap], said: bytes, reason: Reason, permanent: bool
) -> None:
    error = refused(serve({"LOGIN": b"TAG " + said + b"\r\n"}))
    assert (error.reason, error.permanent) == (reason, permanent)
    assert error.retry_after_s == (299.961 if b"Backoff" in said else None)


@pytest.mark.req("F67")
def test_a_throttled_fetch_ends_the_session_with_the_servers_wish(serve: Callable[..., ScriptedImap]) -> None:
    words = b"Request is throttled. Suggested Backoff Time: 5000 milliseconds"
    server = serve({"UID FETCH": b"* BYE " + words + b"\r\n"})
    with pytest.raises(ConnectorError) as error, ImapSource(imap(server.port)).open() as session:
        list(session.fetch(ITEMS, max_bytes=1000))
    assert (error.value.reason, error.value.retry_after_s) == (Reason.THROTTLED, 5.0)
    assert server.connections == 1


@pytest.mark.parametrize(
    ("greeting", "reason"),
    [
        (b"* BYE Too many connections from your address\r\n", Reason.TOO_MANY_CONNECTIONS),
        (b"* BYE [UNAVAILABLE] maintenance\r\n", Reason.SERVER_ERROR),
        (b"220 smtp.example ESMTP\r\n", Reason.PROTOCOL),
        (b"\x16\x03\x01\x00\xee\x01garbage\r\n", Reason.PROTOCOL),
        (b"x" * 2_000_000, Reason.TOO_LARGE),
        (Act.CLOSE, Reason.CONNECTION_LOST),
        (Act.HANG, Reason.TIMEOUT),
        (b"* PREAUTH you are somebody\r\n", Reason.PROTOCOL),
    ],
)
def test_a_strange_greeting_is_an_error(serve: Callable[..., ScriptedImap], greeting: Answer, reason: Reason) -> None:
    error = refused(serve(greeting=greeting))
    assert (error.reason, error.permanent) == (reason, False)


@pytest.mark.parametrize(
    ("said", "reason", "permanent"),
    [
        (b"NO [NONEXISTENT] no such", Reason.FOLDER_NOT_FOUND, True),
        (b"NO Mailbox does not exist", Reason.FOLDER_NOT_FOUND, True),
        (b"NO [UNAVAILABLE] not now", Reason.SERVER_ERROR, False),
        (b"NO internal server error", Reason.SERVER_ERROR, False),
        (b"BAD User is authenticated but not connected.", Reason.LOGIN_REFUSED, True),
    ],
)
def test_a_refused_folder_is_understood(
    serve: Callable[..., ScriptedImap], said: bytes, reason: Reason, permanent: bool
) -> None:
    error = refused(serve({"EXAMINE": b"TAG " + said + b"\r\n"}))
    assert (error.reason, error.permanent) == (reason, permanent)


def test_login_disabled_is_honoured(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({"CAPABILITY": b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n"})
    assert refused(server).reason is Reason.LOGIN_DISABLED
    assert not server.sent("LOGIN")


@pytest.mark.parametrize(
    "script",
    [
        {},
        {"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS\r\n", "STARTTLS": b"TAG NO not now\r\n"},
        {"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS\r\n", "STARTTLS": b"TAG BAD what\r\n"},
    ],
)
def test_without_starttls_the_password_is_never_sent_in_clear_text(
    serve: Callable[..., ScriptedImap], script: Answers
) -> None:
    server = serve(script)
    config = imap(server.port)
    source = ImapSource(replace(config, login=replace(config.login, security=Security.STARTTLS)))
    with pytest.raises(ConnectorError) as error:
        source.folders()
    assert error.value.reason is Reason.TLS_NOT_OFFERED
    assert not server.sent("LOGIN")
    assert not server.sent("AUTHENTICATE")


def test_a_server_that_claims_we_are_signed_in_before_encryption_is_not_believed(
    serve: Callable[..., ScriptedImap],
) -> None:
    server = serve({"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS\r\n"}, greeting=b"* PREAUTH welcome\r\n")
    config = imap(server.port)
    source = ImapSource(replace(config, login=replace(config.login, security=Security.STARTTLS)))
    with pytest.raises(ConnectorError) as error:
        source.file_sent(b"Subject: secret\r\n\r\n")
    assert error.value.reason is Reason.TLS_NOT_OFFERED
    assert not server.sent("APPEND")


@pytest.mark.servers
def test_what_was_said_before_encryption_is_forgotten(
    serve: Callable[..., ScriptedImap], certificate_authority: CertificateAuthority
) -> None:
    forged = b'* CAPABILITY IMAP4rev1 AUTH=FORGED\r\n* LIST () "/" Forged\r\n'
    server = serve({
        "CAPABILITY": [b"* CAPABILITY IMAP4rev1 STARTTLS\r\n", b"* CAPABILITY IMAP4rev1\r\n"],
        "STARTTLS": Encrypt(forged + b"TAG OK go on\r\n" + forged, certificate_authority.issue().server_context),
        "LIST": b'* LIST () "/" INBOX\r\n',
    })  # fmt: skip
    config = imap(server.port)
    login = replace(config.login, security=Security.STARTTLS, ca_file=str(certificate_authority.ca_path))
    assert [folder.name for folder in ImapSource(replace(config, login=login)).folders()] == ["INBOX"]
    assert server.commands.index("STARTTLS") < server.commands.index('LOGIN "ann@fernhollow.example" "s3cret-word"')


@pytest.mark.parametrize("bad", ["a\r\nA9 DELETE INBOX", "a\nb", "a\rb", "a\0b"])
def test_control_characters_never_reach_the_server(serve: Callable[..., ScriptedImap], bad: str) -> None:
    server = serve()
    source = ImapSource(imap(server.port))
    attempts: list[Callable[[], object]] = [
        lambda: source.find_in_sent(bad),
        lambda: source.find_in_sent("x@y", folder=bad),
        lambda: ImapSource(imap(server.port, folder=bad)).open().__enter__(),
        lambda: ImapSource(imap(server.port, password=bad)).folders(),
    ]
    with source.open(writable=True) as session:
        attempts.append(lambda: session.acknowledge(["1"], action=AfterImport.MOVE, folder=bad))
        for attempt in attempts:
            with pytest.raises(ConnectorError) as error:
                attempt()
            assert (error.value.reason, error.value.permanent) == (Reason.BAD_ARGUMENT, True)
    assert not any("DELETE" in command for command in server.commands)


@pytest.mark.parametrize("bad", ['x" OR ALL', "x\\", "ü@x", "a b", ""])
def test_a_message_id_that_a_search_cannot_hold_is_refused(serve: Callable[..., ScriptedImap], bad: str) -> None:
    with pytest.raises(ConnectorError) as error:
        ImapSource(imap(serve().port)).find_in_sent(bad)
    assert error.value.reason is Reason.BAD_ARGUMENT


def test_names_are_quoted(serve: Callable[..., ScriptedImap]) -> None:
    server = serve()
    with ImapSource(imap(server.port, folder='A "b" \\c', password='p" w\\')).open():
        pass
    assert 'LOGIN "ann@fernhollow.example" "p\\" w\\\\"' in server.commands
    assert 'EXAMINE "A \\"b\\" \\\\c"' in server.commands


def test_the_password_is_in_no_log_and_no_error(
    serve: Callable[..., ScriptedImap], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    error = refused(serve({"LOGIN": b'TAG BAD cannot parse LOGIN "ann" "s3cret-word" AHMzY3JldC13b3Jk\r\n'}))
    said = caplog.text + str(error) + repr(error) + error.detail + "".join(capfd.readouterr())
    assert "s3cret-word" not in said
