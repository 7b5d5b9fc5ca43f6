"""IMAP and SMTP with bearer tokens: real servers, and scripted ones for how providers refuse."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from mailboxes.connectors.config import ImapConfig, Security, ServerLogin, SmtpConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap import ImapSource
from mailboxes.connectors.imap_client import signed_in
from mailboxes.connectors.smtp import SmtpSender
from tests.connectors import configs
from tests.connectors.scripted import Answer, Encrypt, ScriptedImap, ScriptedSmtp
from tests.servers.certificates import CertificateAuthority

_numbers = count(1)
NO = b"TAG NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)\r\n"
CHALLENGE = base64.b64encode(b'{"status":"401","schemes":"Bearer","scope":"https://mail.google.com/"}')


class Tokens:
    """A token source that gives these in turn, one for each refusal."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = list(tokens)
        self.refused: list[str] = []

    def token(self, *, refused: str = "") -> str:
        """The present one, or the next where the present one was refused."""
        if refused:
            self.refused.append(refused)
            self._tokens = self._tokens[1:] or self._tokens
        return self._tokens[0]


def by_token(login: ServerLogin, *tokens: str) -> ServerLogin:
    return replace(login, password="", tokens=Tokens(*tokens))


@pytest.fixture
def user(dovecot: Any) -> str:
    """Somebody with a mailbox and the token `<name>-good`."""
    name = f"token{next(_numbers)}"
    dovecot.add_user(name, "unused word")
    dovecot.add_token(name, f"{name}-good")
    return name


class Continued(ScriptedImap):
    """IMAP whose AUTHENTICATE goes on: a line without a tag is answered with the tag of the command before it."""

    tag = b""

    def reply(self, line: bytes) -> Answer:
        """The answer to a command, or to a line of an exchange under way: those begin with `>` in the script."""
        if b" " in line:
            self.tag = line.partition(b" ")[0]
        else:
            line = self.tag + b" >" + line
        answer = super().reply(line)
        goes_on = isinstance(answer, bytes) and answer.startswith(b"+ ")
        return answer.partition(b"\r\n")[0] + b"\r\n" if goes_on and isinstance(answer, bytes) else answer


@pytest.fixture
def tls_imap(certificate_authority: CertificateAuthority) -> Iterator[Callable[..., tuple[ScriptedImap, ServerLogin]]]:
    """A scripted server behind STARTTLS, and a log-in to it with these tokens."""
    encrypt = Encrypt(b"TAG OK go on\r\n", certificate_authority.issue().server_context)
    offered = b"* CAPABILITY IMAP4rev1 STARTTLS AUTH=XOAUTH2 AUTH=PLAIN\r\n"
    with ExitStack() as running:

        def start(answers: Any, *tokens: str) -> tuple[ScriptedImap, ServerLogin]:
            server = running.enter_context(Continued({"CAPABILITY": offered, "STARTTLS": encrypt, **answers}))
            login = configs.login(
                server.port,
                security=Security.STARTTLS,
                ca_path=certificate_authority.ca_path,
                timeouts=configs.SHORT,
            )
            return server, by_token(login, *tokens)

        yield start


def refusal(login: ServerLogin) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught, signed_in(login):
        pass
    return caught.value


@pytest.mark.req("S2.37", "S5.27", "S5.24")
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_token_signs_in_to_imap_over_tls(dovecot: Any, user: str, security: Security) -> None:
    port = dovecot.imaps_port if security is Security.TLS else dovecot.imap_port
    dovecot.deliver(user, b"Subject: hello\r\n\r\nhello\r\n")
    login = configs.login(port, security=security, username=user, ca_path=dovecot.ca_path)
    with ImapSource(ImapConfig(by_token(login, f"{user}-good"))).open() as session:
        assert session.state.count == 1


def test_a_token_withdrawn_before_its_time_is_renewed_once(dovecot: Any, user: str) -> None:
    login = configs.login(dovecot.imaps_port, security=Security.TLS, username=user, ca_path=dovecot.ca_path)
    late = by_token(login, "withdrawn", f"{user}-good")
    with signed_in(late) as client:
        assert client.has_folder("INBOX")
    assert late.tokens.refused == ["withdrawn"]  # type: ignore[union-attr]  # it has some


def test_a_token_that_stays_refused_is_a_refused_log_in(dovecot: Any, user: str) -> None:
    login = configs.login(dovecot.imaps_port, security=Security.TLS, username=user, ca_path=dovecot.ca_path)
    error = refusal(by_token(login, "bad-token", "worse-token"))
    assert (error.reason, error.permanent) == (Reason.LOGIN_REFUSED, True)
    assert "token" not in error.detail.replace("invalid_token", "")


def test_a_token_for_another_account_opens_no_mailbox(dovecot: Any, user: str) -> None:
    dovecot.add_user(f"{user}-other", "unused word")
    login = configs.login(dovecot.imaps_port, security=Security.TLS, username=f"{user}-other", ca_path=dovecot.ca_path)
    assert refusal(by_token(login, f"{user}-good")).reason is Reason.LOGIN_REFUSED


def test_tokens_never_travel_in_clear_text(dovecot: Any, user: str, smtp_server: Any) -> None:
    login = by_token(configs.login(dovecot.imap_port, username=user), f"{user}-good")
    assert refusal(login).reason is Reason.TLS_NOT_OFFERED
    smtp_server.behave(tokens={"help": "good"})
    clear = by_token(configs.login(smtp_server.port, username="help"), "good")
    with pytest.raises(ConnectorError) as caught:
        SmtpSender(SmtpConfig(clear)).check()
    assert caught.value.reason is Reason.TLS_NOT_OFFERED


def test_oauthbearer_is_used_where_it_alone_is_offered(dovecot: Any, user: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("mailboxes.connectors.sasl.MECHANISMS", ("OAUTHBEARER",))
    login = configs.login(dovecot.imaps_port, security=Security.TLS, username=user, ca_path=dovecot.ca_path)
    with signed_in(by_token(login, "withdrawn", f"{user}-good")) as client:
        assert client.has_folder("INBOX")


@pytest.mark.parametrize(
    ("words", "reason", "renewals"),
    [
        (b"TAG NO [AUTHENTICATIONFAILED] Invalid credentials\r\n", Reason.LOGIN_REFUSED, 1),
        (b"TAG NO AUTHENTICATE failed.\r\n", Reason.LOGIN_REFUSED, 1),
        (b"TAG NO [UNAVAILABLE] try later\r\n", Reason.SERVER_ERROR, 0),
        (b"TAG BAD User is authenticated but not connected.\r\n", Reason.LOGIN_REFUSED, 0),
        (
            b"TAG NO Request is throttled. Suggested Backoff Time: 300000 milliseconds\r\n",
            Reason.THROTTLED,
            0,
        ),
    ],
)
def test_only_a_refused_token_is_renewed(tls_imap: Any, words: bytes, reason: Reason, renewals: int) -> None:
    server, login = tls_imap({"AUTHENTICATE": words}, "one", "two")
    assert refusal(login).reason is reason
    assert len(login.tokens.refused) == renewals
    assert len(server.sent("AUTHENTICATE XOAUTH2")) == 1 + renewals


def test_the_challenge_of_a_refusal_is_answered_empty_and_told(tls_imap: Any) -> None:
    server, login = tls_imap({"AUTHENTICATE": b"+ \r\n", ">dXN": b"+ " + CHALLENGE + b"\r\n", ">": NO}, "one")
    error = refusal(login)
    assert error.reason is Reason.LOGIN_REFUSED
    assert "(status 401 scope https://mail.google.com/)" in error.detail
    sent = server.commands[server.commands.index("AUTHENTICATE XOAUTH2") :]
    assert base64.b64decode(sent[1][1:]) == b"user=ann@fernhollow.example\x01auth=Bearer one\x01\x01"
    assert sent[2] == ">"


def test_a_server_without_tokens_is_told_as_that(tls_imap: Any) -> None:
    _server, login = tls_imap({"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\n"}, "one")
    assert refusal(login).reason is Reason.LOGIN_DISABLED


@pytest.mark.req("S3.8")
def test_a_token_signs_in_to_send(smtp_server: Any) -> None:
    smtp_server.behave(tokens={"help": "good"})
    login = configs.login(smtp_server.port, security=Security.STARTTLS, username="help", ca_path=smtp_server.ca_path)
    late = by_token(login, "withdrawn", "good")
    SmtpSender(SmtpConfig(late)).check()
    assert late.tokens.refused == ["withdrawn"]  # type: ignore[union-attr]  # it has some
    with pytest.raises(ConnectorError) as caught:
        SmtpSender(SmtpConfig(by_token(login, "bad"))).check()
    assert (caught.value.reason, caught.value.permanent) == (Reason.LOGIN_REFUSED, True)


def test_a_refused_token_is_answered_empty_when_sending(
    serve_smtp: Callable[..., ScriptedSmtp], certificate_authority: CertificateAuthority
) -> None:
    server = serve_smtp(
        {
            "EHLO": b"250-hi\r\n250-STARTTLS\r\n250 AUTH XOAUTH2 PLAIN\r\n",
            "STARTTLS": Encrypt(b"220 go on\r\n", certificate_authority.issue().server_context),
            "AUTH": b"334 " + CHALLENGE + b"\r\n",
            "": b"535 5.7.8 Username and Password not accepted\r\n",
        }
    )
    ca_path = certificate_authority.ca_path
    login = configs.login(server.port, security=Security.STARTTLS, ca_path=ca_path, timeouts=configs.SHORT)
    with pytest.raises(ConnectorError) as caught:
        SmtpSender(SmtpConfig(by_token(login, "one"))).check()
    assert caught.value.reason is Reason.LOGIN_REFUSED
    assert "535 5.7.8" in caught.value.detail
    assert "status 401" in caught.value.detail
    sent = server.commands[server.commands.index(server.sent("AUTH")[0]) :]
    assert sent[1] == ""


def test_a_token_is_struck_out_of_what_a_server_repeats(tls_imap: Any) -> None:
    _server, login = tls_imap(
        {"AUTHENTICATE": b"TAG NO [AUTHENTICATIONFAILED] no such token t0p-s3cret\r\n"}, "t0p-s3cret"
    )
    error = refusal(login)
    assert "t0p-s3cret" not in f"{error} {error.detail}"
