"""The private SMTP server keeps what it accepts and misbehaves as told."""

import smtplib
from typing import Any

import pytest

from tests.servers.smtp import SmtpServer
from tests.servers.smtp_behaviour import Drop, Step

pytestmark = pytest.mark.servers

MAIL = b"Subject: Re: Printer\r\n\r\n.leading dot\r\nGr\xc3\xbc\xc3\x9fe\r\n"
SENDER, ANNA, BEN = "help@acme.test", "anna@example.org", "ben@example.org"


def send(server: SmtpServer, *, login: tuple[str, str] | None = None) -> dict[str, tuple[int, bytes]]:
    """Sends MAIL to Anna and Ben over STARTTLS; gives the refused recipients."""
    with smtplib.SMTP("localhost", server.port, timeout=10) as client:
        client.starttls(context=server.authority.client_context)
        if login:
            client.login(*login)
        return client.sendmail(SENDER, [ANNA, BEN], MAIL)


def test_a_mail_is_kept_with_its_envelope(smtp_server: SmtpServer) -> None:
    send(smtp_server)
    [mail] = smtp_server.wait_for(1)
    assert (mail.raw, mail.sender, mail.recipients) == (MAIL, SENDER, (ANNA, BEN))
    assert mail.was_encrypted


def test_the_other_port_speaks_tls_from_the_first_byte(smtp_server: SmtpServer) -> None:
    context = smtp_server.authority.client_context
    with smtplib.SMTP_SSL("localhost", smtp_server.tls_port, context=context) as client:
        client.sendmail(SENDER, [ANNA], MAIL)
    assert smtp_server.received[0].was_encrypted


def test_recipients_are_answered_one_by_one(smtp_server: SmtpServer) -> None:
    smtp_server.behave(recipient_answers={BEN: "450 4.2.1 mailbox busy"})
    assert send(smtp_server) == {BEN: (450, b"4.2.1 mailbox busy")}
    assert smtp_server.received[0].recipients == (ANNA,)


def test_a_size_limit_is_announced_and_enforced(smtp_server: SmtpServer) -> None:
    smtp_server.behave(size_limit_bytes=10)
    with smtplib.SMTP("localhost", smtp_server.port) as client:
        client.ehlo()
        assert client.esmtp_features["size"] == "10"
    with pytest.raises(smtplib.SMTPResponseException, match="552"):
        send(smtp_server)


def test_users_make_signing_in_required(smtp_server: SmtpServer) -> None:
    smtp_server.behave(users={"help": "secret"})
    with pytest.raises(smtplib.SMTPResponseException, match="530"):
        send(smtp_server)
    with pytest.raises(smtplib.SMTPAuthenticationError, match="535"):
        send(smtp_server, login=("help", "wrong"))
    send(smtp_server, login=("help", "secret"))
    assert smtp_server.received[0].user == "help"


def test_a_bearer_token_signs_in_by_xoauth2(smtp_server: SmtpServer) -> None:
    smtp_server.behave(tokens={"help": "good"})
    with smtplib.SMTP("localhost", smtp_server.port) as client:
        client.ehlo()
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.auth("XOAUTH2", lambda _=None: "user=help\1auth=Bearer bad\1\1")
        assert client.auth("XOAUTH2", lambda _=None: "user=help\1auth=Bearer good\1\1")[0] == 235


def test_right_credentials_may_still_be_put_off(smtp_server: SmtpServer) -> None:
    smtp_server.behave(users={"help": "secret"}, auth_answer="454 4.7.0 try later")
    with pytest.raises(smtplib.SMTPAuthenticationError, match="454"):
        send(smtp_server, login=("help", "secret"))


@pytest.mark.parametrize(
    ("drop", "kept"),
    [("connect", 0), ("mail", 0), ("rcpt", 0), ("data", 0), ("end_lost", 0), ("end_kept", 1)],
)
def test_a_connection_is_cut_where_asked(smtp_server: SmtpServer, drop: Drop, kept: int) -> None:
    smtp_server.behave(drop=drop)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        send(smtp_server)
    assert len(smtp_server.received) == kept


def test_a_connection_cut_after_the_answer_loses_nothing(smtp_server: SmtpServer) -> None:
    smtp_server.behave(drop="after_answer")
    assert send(smtp_server) == {}
    assert len(smtp_server.received) == 1


def test_a_refused_content_is_not_kept(smtp_server: SmtpServer) -> None:
    smtp_server.behave(end_answer="554 5.7.1 no thanks")
    with pytest.raises(smtplib.SMTPDataError, match="no thanks"):
        send(smtp_server)
    assert smtp_server.received == []


def test_a_delayed_answer_outlasts_the_clients_patience(smtp_server: SmtpServer) -> None:
    smtp_server.behave(delays_s={"connect": 30})
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        smtplib.SMTP("localhost", smtp_server.port, timeout=0.2)


def test_a_server_may_hide_starttls(smtp_server: SmtpServer) -> None:
    smtp_server.behave(starttls=False)
    with pytest.raises(smtplib.SMTPNotSupportedError):
        send(smtp_server)


@pytest.mark.parametrize("delays_s", [{}, {"data": 600.0}], ids=["idle", "in an answer"])
def test_after_a_reset_clients_are_cut_and_mails_counted_anew(
    smtp_server: SmtpServer, delays_s: dict[Step, float]
) -> None:
    send(smtp_server)
    smtp_server.behave(delays_s=delays_s, users={"help": "secret"})
    with smtplib.SMTP("localhost", smtp_server.port, timeout=10) as client:
        client.starttls(context=smtp_server.authority.client_context)
        client.login("help", "secret")
        client.mail(SENDER)
        client.rcpt(ANNA)
        client.putcmd("data" if delays_s else "noop")
        smtp_server.reset()
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
            [client.getreply() for _ in range(2)]
    assert smtp_server.received == []
    send(smtp_server)
    assert [path.stem for path in (smtp_server.folder / "received").glob("*.json")] == ["000001"]


@pytest.mark.parametrize("end", [SmtpServer.pause, SmtpServer.stop])
def test_a_reset_wakes_a_server_that_was_paused_or_stopped(smtp_server: SmtpServer, end: Any) -> None:
    end(smtp_server)
    smtp_server.reset()
    send(smtp_server)
    assert len(smtp_server.received) == 1
