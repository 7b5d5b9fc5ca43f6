"""SMTP servers that refuse, vanish or babble before the mark: an error, and nothing was sent."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from mailboxes.connectors import smtp_client
from mailboxes.connectors.config import Security
from mailboxes.connectors.errors import Reason
from tests.connectors.scripted import Act, Answer, Answers, Encrypt, ScriptedSmtp
from tests.connectors.smtp_scripts import AUTH, Sent
from tests.servers.certificates import CertificateAuthority


@pytest.mark.parametrize(
    ("greeting", "reason", "permanent"),
    [
        (b"421 4.3.2 too many connections\r\n", Reason.TOO_MANY_CONNECTIONS, False),
        (b"421 going down\r\n", Reason.SERVER_ERROR, False),
        (b"554 5.7.1 go away\r\n", Reason.SENDER_REFUSED, True),
        (b"* OK Dovecot ready\r\n", Reason.PROTOCOL, False),
        (b"2\xff\xfe0 hello\r\n", Reason.PROTOCOL, False),
        (b"220" + b"x" * 10_000 + b"\r\n", Reason.PROTOCOL, False),
        (b"220-again\r\n" * 10_000, Reason.PROTOCOL, False),
        (b"\r\n", Reason.PROTOCOL, False),
        (Act.CLOSE, Reason.CONNECTION_LOST, False),
        (Act.HANG, Reason.TIMEOUT, False),
    ],
)
def test_a_strange_greeting_is_an_error(
    serve_smtp: Callable[..., ScriptedSmtp],
    monkeypatch: pytest.MonkeyPatch,
    greeting: Answer,
    reason: Reason,
    permanent: bool,
) -> None:
    monkeypatch.setattr(smtp_client, "MAX_ANSWER_BYTES", 64 * 1024)  # it is read byte by byte
    assert Sent(serve_smtp(greeting=greeting)).failure == (reason, permanent)


@pytest.mark.req("F109")
@pytest.mark.parametrize("step", ["EHLO", "MAIL", "RCPT"])
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Act.CLOSE, Reason.CONNECTION_LOST),
        (Act.HANG, Reason.TIMEOUT),
        (b"421 4.7.0 closing\r\n", Reason.SERVER_ERROR),
        (b"garbage\r\n", Reason.PROTOCOL),
    ],
)
def test_a_failure_before_the_mark_raises_and_sends_nothing(
    serve_smtp: Callable[..., ScriptedSmtp], step: str, fault: Answer, reason: Reason
) -> None:
    server = serve_smtp({step: fault})
    assert Sent(server).failure == (reason, False)
    assert not server.sent("DATA")


@pytest.mark.parametrize(
    ("said", "reason", "permanent"),
    [
        (b"451 4.3.0 later\r\n", Reason.SERVER_ERROR, False),
        (b"432 4.3.2 Concurrent connections limit exceeded\r\n", Reason.TOO_MANY_CONNECTIONS, False),
        (b"452 4.7.28 rate limit reached\r\n", Reason.THROTTLED, False),
        (b"530 5.7.57 Client not authenticated to send mail\r\n", Reason.LOGIN_REFUSED, True),
        (b"550 5.7.30 Basic authentication is not supported for Client Submission\r\n", Reason.LOGIN_REFUSED, True),
        (b"550 5.7.60 Client does not have permissions to send as this sender\r\n", Reason.SENDER_REFUSED, True),
        (b"553 5.7.1 not owned by user\r\n", Reason.SENDER_REFUSED, True),
        (b"552 5.3.4 too big\r\n", Reason.TOO_LARGE, True),
        (b"503 5.5.1 bad sequence\r\n", Reason.PROTOCOL, True),
    ],
)
@pytest.mark.req("F105", "F109")
def test_a_refused_sender_is_understood(
    serve_smtp: Callable[..., ScriptedSmtp], said: bytes, reason: Reason, permanent: bool
) -> None:
    assert Sent(serve_smtp({"MAIL": said})).failure == (reason, permanent)


@pytest.mark.parametrize(
    ("said", "reason", "permanent"),
    [
        (b"535 5.7.8 Authentication credentials invalid\r\n", Reason.LOGIN_REFUSED, True),
        (b"534 5.7.9 Application-specific password required\r\n", Reason.LOGIN_REFUSED, True),
        (b"538 5.7.11 encryption required\r\n", Reason.LOGIN_REFUSED, True),
        (b"550 5.7.30 Basic authentication is not supported\r\n", Reason.LOGIN_REFUSED, True),
        (b"432 5.7.12 a password transition is needed\r\n", Reason.LOGIN_REFUSED, True),
        (b"432 4.3.2 Concurrent connections limit exceeded\r\n", Reason.TOO_MANY_CONNECTIONS, False),
        (b"454 4.7.0 temporary authentication failure\r\n", Reason.SERVER_ERROR, False),
        (b"421 4.7.0 too many bad logins\r\n", Reason.TOO_MANY_CONNECTIONS, False),
        (b"504 5.5.4 unrecognized type\r\n", Reason.LOGIN_DISABLED, True),
        (b"334 \r\n", Reason.PROTOCOL, False),
    ],
)
def test_a_refused_sign_in_is_understood(
    serve_smtp: Callable[..., ScriptedSmtp], said: bytes, reason: Reason, permanent: bool
) -> None:
    assert Sent(serve_smtp({**AUTH, "AUTH": said}), username="ann").failure == (reason, permanent)


def test_a_refused_password_is_tried_once_only(serve_smtp: Callable[..., ScriptedSmtp]) -> None:
    server = serve_smtp({**AUTH, "AUTH": b"535 5.7.8 no\r\n"})
    Sent(server, username="ann")
    assert len(server.sent("AUTH")) == 1


def test_without_auth_at_the_server_the_sign_in_is_switched_off(serve_smtp: Callable[..., ScriptedSmtp]) -> None:
    assert Sent(serve_smtp(), username="ann").failure == (Reason.LOGIN_DISABLED, True)


def test_cram_md5_is_preferred_in_clear_text(serve_smtp: Callable[..., ScriptedSmtp]) -> None:
    server = serve_smtp(
        {"EHLO": b"250-me\r\n250 AUTH PLAIN CRAM-MD5\r\n", "AUTH CRAM-MD5": b"334 PDE+\r\n", "YW5u": b"235 ok\r\n"}
    )
    assert Sent(server, username="ann").states == ["sent"]
    assert not any("s3cret" in command for command in server.commands)


def test_the_password_is_in_no_log_and_no_error(
    serve_smtp: Callable[..., ScriptedSmtp], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    error = Sent(serve_smtp({**AUTH, "AUTH": b"535 no AGFubgBzM2NyZXQtd29yZA== s3cret-word\r\n"}), username="ann").error
    said = caplog.text + repr(error) + "".join(capfd.readouterr())
    assert error is not None
    assert "s3cret-word" not in said
    assert "AGFubgBzM2NyZXQtd29yZA==" not in said


@pytest.mark.parametrize(
    "script",
    [{}, {"EHLO": b"250-me\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n", "STARTTLS": b"454 4.7.0 not now\r\n"}],
)
def test_without_starttls_nothing_is_sent_in_clear_text(
    serve_smtp: Callable[..., ScriptedSmtp], script: Answers
) -> None:
    server = serve_smtp(script)
    sent = Sent(server, username="ann", security=Security.STARTTLS)
    assert sent.failure == (Reason.TLS_NOT_OFFERED, False)
    assert not server.sent("AUTH")
    assert not server.sent("MAIL")


@pytest.mark.servers
def test_what_was_said_before_encryption_is_forgotten(
    serve_smtp: Callable[..., ScriptedSmtp], certificate_authority: CertificateAuthority
) -> None:
    forged = b"250-forged\r\n250 AUTH CRAM-MD5\r\n"
    server = serve_smtp({
        "EHLO": [b"250-me\r\n250-STARTTLS\r\n250-SIZE 5\r\n250 AUTH LOGIN\r\n", b"250-me\r\n250 AUTH PLAIN\r\n"],
        "STARTTLS": Encrypt(b"220 go on\r\n" + forged, certificate_authority.issue().server_context),
        "AUTH PLAIN": b"235 ok\r\n",
    })  # fmt: skip
    ca_path = str(certificate_authority.ca_path)
    assert Sent(server, username="ann", security=Security.STARTTLS, ca_path=ca_path).states == ["sent"]
