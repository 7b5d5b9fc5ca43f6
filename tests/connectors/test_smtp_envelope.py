"""What SMTP servers are told of sender, recipients and content."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mailboxes.connectors.errors import Reason
from tests.connectors.scripted import ScriptedSmtp
from tests.connectors.smtp_scripts import MAIL, Sent


@pytest.mark.req("F27")
@pytest.mark.parametrize(("limit", "is_sent"), [(len(MAIL) - 1, False), (len(MAIL), True), (0, True)])
def test_size_is_compared_before_anything_is_offered(
    serve_smtp: Callable[..., ScriptedSmtp], limit: int, is_sent: bool
) -> None:
    server = serve_smtp({"EHLO": b"250-me\r\n250 SIZE %d\r\n" % limit})
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
def test_an_address_that_could_carry_a_command_is_refused(
    serve_smtp: Callable[..., ScriptedSmtp], address: str
) -> None:
    server = serve_smtp()
    assert Sent(server, to=["bob@y.example", address]).failure == (Reason.BAD_ARGUMENT, True)
    if address:
        assert Sent(server, mail_from=address).failure == (Reason.BAD_ARGUMENT, True)
    assert not server.sent("MAIL")


def test_nobody_to_send_to_is_an_error(serve_smtp: Callable[..., ScriptedSmtp]) -> None:
    assert Sent(serve_smtp(), to=[]).failure == (Reason.BAD_ARGUMENT, True)


def test_the_null_sender_is_for_bounces(serve_smtp: Callable[..., ScriptedSmtp]) -> None:
    server = serve_smtp()
    assert Sent(server, mail_from="").states == ["sent"]
    assert server.sent("MAIL") == ["MAIL FROM:<>"]


def test_the_domain_of_a_recipient_is_spelled_in_ascii(serve_smtp: Callable[..., ScriptedSmtp]) -> None:
    server = serve_smtp()
    sent = Sent(server, to=["bob@bücher.example"])
    assert sent.result is not None
    assert list(sent.result.recipients) == ["bob@bücher.example"]
    assert server.sent("RCPT") == ["RCPT TO:<bob@xn--bcher-kva.example>"]
    assert server.sent("MAIL") == ["MAIL FROM:<ann@x.example>"]


def test_a_local_part_beyond_ascii_fails_alone_where_the_server_cannot_take_it(
    serve_smtp: Callable[..., ScriptedSmtp],
) -> None:
    server = serve_smtp()
    sent = Sent(server, to=["jürgen@y.example", "bob@y.example"])
    assert sent.states == ["failed", "sent"]
    assert sent.result is not None
    assert sent.result.recipients["jürgen@y.example"].reason is Reason.NO_INTERNATIONAL
    assert server.sent("RCPT") == ["RCPT TO:<bob@y.example>"]


def test_extensions_are_used_where_offered_and_needed(serve_smtp: Callable[..., ScriptedSmtp]) -> None:
    server = serve_smtp({"EHLO": b"250-me\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"})
    Sent(server)
    Sent(server, content="Subject: s\r\n\r\nü\r\n".encode())
    Sent(server, to=["jürgen@y.example"])
    assert server.sent("MAIL") == [
        "MAIL FROM:<ann@x.example>",
        "MAIL FROM:<ann@x.example> BODY=8BITMIME",
        "MAIL FROM:<ann@x.example> SMTPUTF8",
    ]
    assert server.sent("RCPT")[-1] == "RCPT TO:<jürgen@y.example>"


def test_content_cannot_end_the_mail_early(serve_smtp: Callable[..., ScriptedSmtp]) -> None:
    server = serve_smtp()
    tricky = b"Subject: s\r\n\r\n.\r\n..\n.\nMAIL FROM:<x@y>\r.\rend"
    assert Sent(server, content=tricky).states == ["sent"]
    assert server.content == [b"Subject: s", b"", b"..", b"...", b"..", b"MAIL FROM:<x@y>", b"..", b"end"]
    assert len(server.sent("MAIL")) == 1


def test_we_name_ourselves_without_asking_dns(
    serve_smtp: Callable[..., ScriptedSmtp], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.getfqdn", lambda *_: pytest.fail("asked DNS"))
    server = serve_smtp()
    Sent(server)
    assert server.sent("ehlo") == ["ehlo [127.0.0.1]"]


def test_a_server_that_knows_no_ehlo_is_greeted_the_old_way(serve_smtp: Callable[..., ScriptedSmtp]) -> None:
    assert Sent(serve_smtp({"EHLO": b"502 5.5.2 no\r\n"})).states == ["sent"]
