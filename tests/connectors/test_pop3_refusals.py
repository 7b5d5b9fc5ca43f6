"""What POP3 servers say when they refuse, how an account is proven, and what is never said to a server."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from mailboxes.connectors.config import Security, ServerLogin
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.pop3 import Pop3Source
from mailboxes.connectors.pop3_client import connect
from tests.connectors.configs import login, pop3
from tests.connectors.scripted import Act, Answer, Answers, Encrypt, ScriptedPop3
from tests.servers.certificates import CertificateAuthority
from tests.servers.dovecot import Dovecot

Serve = Callable[..., ScriptedPop3]


@dataclass
class Tokens:
    """Tokens in the order they are given out."""

    tokens: Iterator[str]
    refused: list[str] = field(default_factory=list)

    def token(self, *, refused: str = "") -> str:
        self.refused.append(refused)
        return next(self.tokens)


def refused(server: ScriptedPop3, **changes: object) -> ConnectorError:
    account = replace(pop3(server.port).login, **changes)  # type: ignore[arg-type]  # its fields
    with pytest.raises(ConnectorError) as error:
        connect(account)
    return error.value


@pytest.mark.req("F67", "F68", "S4.48", "S4.49")
@pytest.mark.parametrize(
    ("said", "reason", "permanent"),
    [
        ("[AUTH] Authentication failed.", Reason.LOGIN_REFUSED, True),
        ("authorization failed", Reason.LOGIN_REFUSED, True),
        ("[AUTH] Application-specific password required", Reason.LOGIN_REFUSED, True),
        ("[AUTH] try again later", Reason.LOGIN_REFUSED, True),
        ("Your account is locked", Reason.LOGIN_REFUSED, True),
        ("[SYS/TEMP] Server error - Please try again later.", Reason.SERVER_ERROR, False),
        ("Temporary failure", Reason.SERVER_ERROR, False),
        ("[SYS/PERM] call your provider", Reason.SERVER_ERROR, True),
        ("[SYS/PERM] Your account is not enabled for POP access.", Reason.LOGIN_DISABLED, True),
        ("[AUTH] Login disabled for this user", Reason.LOGIN_DISABLED, True),
        ("[AUTH] You are yet to enable POP for your account.", Reason.LOGIN_DISABLED, True),
        ("Plaintext authentication disallowed on non-secure connections.", Reason.LOGIN_DISABLED, True),
        ("[IN-USE] mailbox already in use by pid 12345", Reason.MAILDROP_IN_USE, False),
        ("Unable to lock maildrop", Reason.MAILDROP_IN_USE, False),
        ("maildrop already locked", Reason.MAILDROP_IN_USE, False),
        ("Too many connections", Reason.TOO_MANY_CONNECTIONS, False),
        ("[LOGIN-DELAY] minimum time between mail checks violation", Reason.THROTTLED, False),
        ("Exceeded the login limit for a 15 minute period.", Reason.THROTTLED, False),
    ],
)
def test_a_refused_sign_in_is_understood(serve_pop3: Serve, said: str, reason: Reason, permanent: bool) -> None:
    error = refused(serve_pop3({"PASS": f"-ERR {said}\r\n".encode()}))
    assert (error.reason, error.permanent, error.detail) == (reason, permanent, said)
    assert error.retry_after_s == (900 if "15 minute" in said else None)


@pytest.mark.parametrize(
    ("greeting", "reason"),
    [
        (b"-ERR [SYS/TEMP] maintenance\r\n", Reason.SERVER_ERROR),
        (b"-ERR Too many connections from your address\r\n", Reason.TOO_MANY_CONNECTIONS),
        (b"220 smtp.example ESMTP\r\n", Reason.PROTOCOL),
        (b"* OK IMAP4 ready\r\n", Reason.PROTOCOL),
        (b"\x16\x03\x01\x00\xee\x01garbage\r\n", Reason.PROTOCOL),
        (b"+OK " + b"x" * 100_000, Reason.PROTOCOL),
        (Act.CLOSE, Reason.CONNECTION_LOST),
        (Act.HANG, Reason.TIMEOUT),
    ],
)
def test_a_strange_greeting_is_an_error(serve_pop3: Serve, greeting: Answer, reason: Reason) -> None:
    error = refused(serve_pop3(greeting=greeting))
    assert (error.reason, error.permanent) == (reason, False)


@pytest.mark.parametrize("script", [{"STLS": b"-ERR what\r\n"}, {"STLS": b"-ERR [SYS/TEMP] not now\r\n"}])
def test_without_stls_the_password_is_never_sent_in_clear_text(serve_pop3: Serve, script: Answers) -> None:
    server = serve_pop3(script)
    assert refused(server, security=Security.STARTTLS).reason is Reason.TLS_NOT_OFFERED
    assert not server.sent("USER")
    assert not server.sent("PASS")


@pytest.mark.servers
def test_what_was_said_before_encryption_is_forgotten(
    serve_pop3: Serve, certificate_authority: CertificateAuthority
) -> None:
    forged = b"-ERR forged\r\n"
    begin = Encrypt(b"+OK go on\r\n" + forged, certificate_authority.issue().server_context)
    server = serve_pop3({"STLS": begin})
    account = replace(pop3(server.port).login, security=Security.STARTTLS, ca_file=str(certificate_authority.ca_path))
    connect(account).leave()
    assert server.commands == ["STLS", "USER ann@fernhollow.example", "PASS s3cret-word", "QUIT"]


@pytest.mark.req("S5.12")
@pytest.mark.parametrize("username", ["owner@x.example/shared@x.example", "DOMAIN\\ann", "recent:ann@x.example"])
def test_a_log_in_is_sent_as_it_was_entered(serve_pop3: Serve, username: str) -> None:
    server = serve_pop3()
    connect(replace(pop3(server.port).login, username=username, password="pass  word ")).leave()
    assert server.commands[:2] == [f"USER {username}", "PASS pass  word "]


def test_names_that_user_cannot_hold_go_by_sasl(serve_pop3: Serve) -> None:
    server = serve_pop3({"CAPA": b"+OK\r\nSASL LOGIN PLAIN\r\n.\r\n", "AUTH": b"+ \r\n"})
    connect(replace(pop3(server.port).login, username="Änne B", password="pw")).leave()
    assert base64.b64decode(server.commands[2]) == "\0Änne B\0pw".encode()
    assert refused(serve_pop3(), username="Änne B").reason is Reason.LOGIN_DISABLED


@pytest.mark.parametrize("bad", ["a\r\nDELE 1", "a\nb", "a\rb", "a\0b"])
def test_control_characters_never_reach_the_server(serve_pop3: Serve, bad: str) -> None:
    server = serve_pop3()
    for changes in ({"username": bad}, {"password": bad}, {"host": f"localhost{bad}"}):
        assert refused(server, **changes).reason is Reason.BAD_ARGUMENT
    assert not server.sent("DELE")


def test_the_password_is_in_no_log_and_no_error(
    serve_pop3: Serve, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    error = refused(serve_pop3({"PASS": b"-ERR cannot parse PASS s3cret-word\r\n"}))
    said = caplog.text + str(error) + repr(error) + error.detail + "".join(capfd.readouterr())
    assert "s3cret-word" not in said


# Tokens.


def test_no_token_leaves_in_clear_text(serve_pop3: Serve) -> None:
    server = serve_pop3()
    tokens = Tokens(iter(["secret"]))
    assert refused(server, tokens=tokens).reason is Reason.TLS_NOT_OFFERED
    assert (server.commands, tokens.refused) == ([], [])


@pytest.fixture
def bearer(dovecot: Dovecot) -> ServerLogin:
    """An account that signs in with a token."""
    dovecot.add_user("bearer@fernhollow.example", "unused")
    return login(
        dovecot.pop3s_port, security=Security.TLS, username="bearer@fernhollow.example", ca_path=dovecot.ca_path
    )


@pytest.mark.servers
@pytest.mark.req("S2.27")
def test_a_token_signs_in_and_one_that_was_withdrawn_is_renewed_once(dovecot: Dovecot, bearer: ServerLogin) -> None:
    dovecot.add_token(bearer.username, "good")
    dovecot.deliver(bearer.username, b"Subject: s\r\n\r\nx\r\n")
    tokens = Tokens(iter(["withdrawn", "good"]))
    with Pop3Source(replace(pop3(bearer.port), login=replace(bearer, tokens=tokens))).open() as session:
        assert session.state.count == 1
    assert tokens.refused == ["", "withdrawn"]


@pytest.mark.servers
def test_tokens_that_are_not_taken_are_a_refused_sign_in(bearer: ServerLogin) -> None:
    with pytest.raises(ConnectorError) as error:
        connect(replace(bearer, tokens=Tokens(iter(["bad", "worse"]))))
    assert (error.value.reason, error.value.permanent) == (Reason.LOGIN_REFUSED, True)
    assert "status 401" in error.value.detail


def test_the_token_has_a_line_of_its_own(serve_pop3: Serve, certificate_authority: CertificateAuthority) -> None:
    """Exchange Online takes AUTH XOAUTH2 in no other form."""
    begin = Encrypt(b"+OK go on\r\n", certificate_authority.issue().server_context)
    server = serve_pop3({"STLS": begin, "AUTH": b"+ \r\n"})
    account = replace(
        pop3(server.port).login,
        security=Security.STARTTLS,
        ca_file=str(certificate_authority.ca_path),
        tokens=Tokens(iter(["secret"])),
    )
    connect(account).leave()
    assert server.commands[1] == "AUTH XOAUTH2"
    assert base64.b64decode(server.commands[2]) == b"user=ann@fernhollow.example\x01auth=Bearer secret\x01\x01"
