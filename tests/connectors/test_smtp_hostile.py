"""SMTP servers that refuse, vanish, stall and babble: nothing is ever reported as sent that is not known to be."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

import pytest

from mailboxes.connectors.base import RecipientState, SendResult
from mailboxes.connectors.config import Security
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.smtp import SmtpSender
from tests.connectors.configs import smtp
from tests.connectors.scripted import Act, Answer, Answers, Encrypt, ScriptedSmtp
from tests.servers.certificates import CertificateAuthority

MAIL = b"Subject: s\r\n\r\nhello\r\n"
AUTH = {"EHLO": b"250-me\r\n250 AUTH PLAIN LOGIN\r\n"}


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedSmtp]]:
    """`serve({command: answer})` is a running scripted server."""
    servers: list[ScriptedSmtp] = []

    def start(answers: Answers | None = None, *, greeting: Answer | None = None) -> ScriptedSmtp:
        servers.append(ScriptedSmtp(answers, greeting=greeting).__enter__())
        return servers[-1]

    yield start
    for server in servers:
        server.__exit__(None, None, None)


class Sent:
    """What one attempt did: result or error, and what the mark was told."""

    def __init__(self, server: ScriptedSmtp, *, to: Sequence[str] = ("bob@y.example",), **options: object) -> None:
        self.marks: list[list[str]] = []
        self.commands_at_mark: list[str] = []
        self.result: SendResult | None = None
        self.error: ConnectorError | None = None
        content = options.pop("content", MAIL)
        mail_from = options.pop("mail_from", "ann@x.example")
        assert isinstance(content, bytes)
        assert isinstance(mail_from, str)

        def mark(accepted: Sequence[str]) -> None:
            self.marks.append(list(accepted))
            self.commands_at_mark = list(server.commands)

        sender = SmtpSender(smtp(server.port, **options))  # type: ignore[arg-type]  # options of the configuration
        try:
            self.result = sender.send(content, mail_from=mail_from, recipients=to, before_data=mark)
        except ConnectorError as error:
            self.error = error

    @property
    def states(self) -> list[str]:
        assert self.result is not None
        return [str(result.state) for result in self.result.recipients.values()]

    @property
    def failure(self) -> tuple[Reason, bool]:
        assert self.error is not None
        assert self.marks == []
        return self.error.reason, self.error.permanent


# Before the mark.


@pytest.mark.parametrize(
    ("greeting", "reason", "permanent"),
    [
        (b"421 4.3.2 too many connections\r\n", Reason.TOO_MANY_CONNECTIONS, False),
        (b"421 going down\r\n", Reason.SERVER_ERROR, False),
        (b"554 5.7.1 go away\r\n", Reason.SENDER_REFUSED, True),
        (b"* OK Dovecot ready\r\n", Reason.PROTOCOL, False),
        (b"2\xff\xfe0 hello\r\n", Reason.PROTOCOL, False),
        (b"220" + b"x" * 10_000 + b"\r\n", Reason.PROTOCOL, False),
        (b"220-again\r\n" * 200_000, Reason.PROTOCOL, False),
        (b"\r\n", Reason.PROTOCOL, False),
        (Act.CLOSE, Reason.CONNECTION_LOST, False),
        (Act.HANG, Reason.TIMEOUT, False),
    ],
)
def test_a_strange_greeting_is_an_error(
    serve: Callable[..., ScriptedSmtp], greeting: Answer, reason: Reason, permanent: bool
) -> None:
    assert Sent(serve(greeting=greeting)).failure == (reason, permanent)


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
    serve: Callable[..., ScriptedSmtp], step: str, fault: Answer, reason: Reason
) -> None:
    server = serve({step: fault})
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
    serve: Callable[..., ScriptedSmtp], said: bytes, reason: Reason, permanent: bool
) -> None:
    assert Sent(serve({"MAIL": said})).failure == (reason, permanent)


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
    serve: Callable[..., ScriptedSmtp], said: bytes, reason: Reason, permanent: bool
) -> None:
    assert Sent(serve({**AUTH, "AUTH": said}), username="ann").failure == (reason, permanent)


def test_a_refused_password_is_tried_once_only(serve: Callable[..., ScriptedSmtp]) -> None:
    server = serve({**AUTH, "AUTH": b"535 5.7.8 no\r\n"})
    Sent(server, username="ann")
    assert len(server.sent("AUTH")) == 1


def test_without_auth_at_the_server_the_sign_in_is_switched_off(serve: Callable[..., ScriptedSmtp]) -> None:
    assert Sent(serve(), username="ann").failure == (Reason.LOGIN_DISABLED, True)


def test_cram_md5_is_preferred_in_clear_text(serve: Callable[..., ScriptedSmtp]) -> None:
    server = serve(
        {"EHLO": b"250-me\r\n250 AUTH PLAIN CRAM-MD5\r\n", "AUTH CRAM-MD5": b"334 PDE+\r\n", "YW5u": b"235 ok\r\n"}
    )
    assert Sent(server, username="ann").states == ["sent"]
    assert not any("s3cret" in command for command in server.commands)


def test_the_password_is_in_no_log_and_no_error(
    serve: Callable[..., ScriptedSmtp], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    error = Sent(serve({**AUTH, "AUTH": b"535 no AGFubgBzM2NyZXQtd29yZA== s3cret-word\r\n"}), username="ann").error
    said = caplog.text + repr(error) + "".join(capfd.readouterr())
    assert error is not None
    assert "s3cret-word" not in said
    assert "AGFubgBzM2NyZXQtd29yZA==" not in said


# Encryption.


@pytest.mark.parametrize(
    "script",
    [{}, {"EHLO": b"250-me\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n", "STARTTLS": b"454 4.7.0 not now\r\n"}],
)
def test_without_starttls_nothing_is_sent_in_clear_text(serve: Callable[..., ScriptedSmtp], script: Answers) -> None:
    server = serve(script)
    sent = Sent(server, username="ann", security=Security.STARTTLS)
    assert sent.failure == (Reason.TLS_NOT_OFFERED, False)
    assert not server.sent("AUTH")
    assert not server.sent("MAIL")


@pytest.mark.servers
def test_what_was_said_before_encryption_is_forgotten(
    serve: Callable[..., ScriptedSmtp], certificate_authority: CertificateAuthority
) -> None:
    forged = b"250-forged\r\n250 AUTH CRAM-MD5\r\n"
    server = serve({
        "EHLO": [b"250-me\r\n250-STARTTLS\r\n250-SIZE 5\r\n250 AUTH LOGIN\r\n", b"250-me\r\n250 AUTH PLAIN\r\n"],
        "STARTTLS": Encrypt(b"220 go on\r\n" + forged, certificate_authority.issue().server_context),
        "AUTH PLAIN": b"235 ok\r\n",
    })  # fmt: skip
    ca_path = str(certificate_authority.ca_path)
    assert Sent(server, username="ann", security=Security.STARTTLS, ca_path=ca_path).states == ["sent"]


# The mark.


@pytest.mark.req("F106")
def test_the_mark_is_set_once_between_the_last_recipient_and_data(serve: Callable[..., ScriptedSmtp]) -> None:
    server = serve({"RCPT TO:<cat@y.example>": b"550 5.1.1 no\r\n", "RCPT TO:<dan@y.example>": b"450 4.2.1 later\r\n"})
    sent = Sent(server, to=["bob@y.example", "cat@y.example", "dan@y.example", "eve@y.example"])
    assert sent.marks == [["bob@y.example", "eve@y.example"]]
    assert sent.commands_at_mark[-1] == "RCPT TO:<eve@y.example>"
    assert sent.states == ["sent", "failed", "retry", "sent"]


def test_if_every_recipient_is_refused_there_is_no_mark_and_no_data(serve: Callable[..., ScriptedSmtp]) -> None:
    server = serve({"RCPT": b"550 5.1.1 no\r\n"})
    sent = Sent(server, to=["bob@y.example", "cat@y.example"])
    assert (sent.marks, sent.states) == ([], ["failed", "failed"])
    assert not server.sent("DATA")


def test_a_mark_that_cannot_be_set_stops_the_mail(serve: Callable[..., ScriptedSmtp]) -> None:
    server = serve()

    def fail(accepted: Sequence[str]) -> None:
        raise LookupError("the claim is gone")

    with pytest.raises(LookupError):
        SmtpSender(smtp(server.port)).send(MAIL, mail_from="a@x.example", recipients=["b@y.example"], before_data=fail)
    assert not server.sent("DATA")
    assert server.commands[-1] == "QUIT"


# After the mark.


@pytest.mark.req("F106")
@pytest.mark.parametrize("step", ["DATA", "END"])
@pytest.mark.parametrize(
    "fault", [Act.CLOSE, Act.HANG, b"garbage\r\n", b"\xff\xff\xff ok\r\n", b"250 ", b"199 what\r\n", b"9" * 9000]
)
def test_no_clear_answer_after_the_mark_is_unknown_and_never_an_error(
    serve: Callable[..., ScriptedSmtp], step: str, fault: Answer
) -> None:
    sent = Sent(serve({step: fault}), to=["bob@y.example", "cat@y.example"])
    assert sent.states == ["unknown", "unknown"]
    assert len(sent.marks) == 1


@pytest.mark.parametrize("answer", [b"250 ok\r\n", b"220 ok\r\n", b"334 go on\r\n"])
def test_a_yes_before_the_content_was_sent_is_not_taken_for_one_to_the_content(
    serve: Callable[..., ScriptedSmtp], answer: bytes
) -> None:
    assert Sent(serve({"DATA": answer})).states == ["unknown"]


@pytest.mark.parametrize("step", ["DATA", "END"])
@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [
        (b"452 4.3.1 full\r\n", "retry", 452),
        (b"421 4.3.0 down\r\n", "retry", 421),
        (b"554 5.6.0 no\r\n", "failed", 554),
    ],
)
def test_a_refusal_after_the_mark_is_the_answer_for_all_who_were_accepted(
    serve: Callable[..., ScriptedSmtp], step: str, answer: bytes, state: str, code: int
) -> None:
    sent = Sent(serve({step: answer}), to=["bob@y.example", "cat@y.example"])
    assert sent.states == [state, state]
    assert sent.result is not None
    assert sent.result.recipients["bob@y.example"].code == code


@pytest.mark.parametrize("fault", [Act.CLOSE, Act.HANG, b"500 what\r\n", b"garbage\r\n"])
def test_trouble_at_goodbye_changes_nothing(serve: Callable[..., ScriptedSmtp], fault: Answer) -> None:
    assert Sent(serve({"QUIT": fault})).states == [str(RecipientState.SENT)]


# Envelope and content.


@pytest.mark.req("F27")
@pytest.mark.parametrize(("limit", "is_sent"), [(len(MAIL) - 1, False), (len(MAIL), True), (0, True)])
def test_size_is_compared_before_anything_is_offered(
    serve: Callable[..., ScriptedSmtp], limit: int, is_sent: bool
) -> None:
    server = serve({"EHLO": b"250-me\r\n250 SIZE %d\r\n" % limit})
    sent = Sent(server)
    assert (sent.error is None) is is_sent
    if not is_sent:
        assert sent.failure == (Reason.TOO_LARGE, True)
        assert not server.sent("MAIL")
    else:
        assert server.sent("MAIL") == [f"MAIL FROM:<ann@x.example> SIZE={len(MAIL)}"]


@pytest.mark.parametrize(
    "address",
    [
        "b@y.example>\r\nRCPT TO:<eve@z.example", "b@y.example\r\nDATA", "b@y\nx", "b\0@y.example", "<b@y.example>",
        "b c@y.example", "b@y.example ORCPT=x", "b\tc@y.example", "b@", "@y.example", "b", "", "b@y\u2028.example",
        "b\x85@y.example", "b" * 300 + "@y.example", "b@" + "ü" * 300 + ".example",
    ],
)  # fmt: skip
def test_an_address_that_could_carry_a_command_is_refused(serve: Callable[..., ScriptedSmtp], address: str) -> None:
    server = serve()
    assert Sent(server, to=["bob@y.example", address]).failure == (Reason.BAD_ARGUMENT, True)
    if address:
        assert Sent(server, mail_from=address).failure == (Reason.BAD_ARGUMENT, True)
    assert not server.sent("MAIL")


def test_nobody_to_send_to_is_an_error(serve: Callable[..., ScriptedSmtp]) -> None:
    assert Sent(serve(), to=[]).failure == (Reason.BAD_ARGUMENT, True)


def test_the_null_sender_is_for_bounces(serve: Callable[..., ScriptedSmtp]) -> None:
    server = serve()
    assert Sent(server, mail_from="").states == ["sent"]
    assert server.sent("MAIL") == ["MAIL FROM:<>"]


def test_the_domain_of_a_recipient_is_spelled_in_ascii(serve: Callable[..., ScriptedSmtp]) -> None:
    server = serve()
    sent = Sent(server, to=["bob@bücher.example"])
    assert sent.result is not None
    assert list(sent.result.recipients) == ["bob@bücher.example"]
    assert server.sent("RCPT") == ["RCPT TO:<bob@xn--bcher-kva.example>"]
    assert server.sent("MAIL") == ["MAIL FROM:<ann@x.example>"]


def test_a_local_part_beyond_ascii_fails_alone_where_the_server_cannot_take_it(
    serve: Callable[..., ScriptedSmtp],
) -> None:
    server = serve()
    assert Sent(server, to=["jürgen@y.example", "bob@y.example"]).states == ["failed", "sent"]
    assert server.sent("RCPT") == ["RCPT TO:<bob@y.example>"]


def test_extensions_are_used_where_offered_and_needed(serve: Callable[..., ScriptedSmtp]) -> None:
    server = serve({"EHLO": b"250-me\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"})
    Sent(server)
    Sent(server, content="Subject: s\r\n\r\nü\r\n".encode())
    Sent(server, to=["jürgen@y.example"])
    assert server.sent("MAIL") == [
        "MAIL FROM:<ann@x.example>",
        "MAIL FROM:<ann@x.example> BODY=8BITMIME",
        "MAIL FROM:<ann@x.example> SMTPUTF8",
    ]
    assert server.sent("RCPT")[-1] == "RCPT TO:<jürgen@y.example>"


def test_content_cannot_end_the_mail_early(serve: Callable[..., ScriptedSmtp]) -> None:
    server = serve()
    tricky = b"Subject: s\r\n\r\n.\r\n..\n.\nMAIL FROM:<x@y>\r.\rend"
    assert Sent(server, content=tricky).states == ["sent"]
    assert server.content == [b"Subject: s", b"", b"..", b"...", b"..", b"MAIL FROM:<x@y>", b"..", b"end"]
    assert len(server.sent("MAIL")) == 1


def test_we_name_ourselves_without_asking_dns(
    serve: Callable[..., ScriptedSmtp], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.getfqdn", lambda *_: pytest.fail("asked DNS"))
    server = serve()
    Sent(server)
    assert server.sent("ehlo") == ["ehlo [127.0.0.1]"]


def test_a_server_that_knows_no_ehlo_is_greeted_the_old_way(serve: Callable[..., ScriptedSmtp]) -> None:
    assert Sent(serve({"EHLO": b"502 5.5.2 no\r\n"})).states == ["sent"]
