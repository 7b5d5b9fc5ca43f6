"""What SMTP servers are told of sender, recipients and content."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from email.policy import default

import pytest

from mailboxes.connectors.errors import Reason
from mailboxes.connectors.plain_header import plain_header
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


INTERNATIONAL = (
    b"From: Ann <ann@x.example>\r\n"
    b"To: =?utf-8?b?SsO8cmdlbg==?= <j\xc3\xbcrgen@y.example>,\r\n"
    b' "Bob, the builder" <bob@y.example>\r\n'
    b"Cc: \xe7\x94\xb0\xe4\xb8\xad@y.example\r\n"
    b"Subject: s\r\n\r\nbody\r\n"
)


def test_an_address_that_a_server_cannot_be_given_stands_in_the_header_as_words(
    serve_smtp: Callable[..., ScriptedSmtp],
) -> None:
    server = serve_smtp()
    sent = Sent(server, to=["jürgen@y.example", "bob@y.example"], content=INTERNATIONAL)
    assert sent.states == ["failed", "sent"]
    content = b"\r\n".join(server.content)
    assert content.isascii()
    mail = message_from_bytes(content, policy=default)
    assert [str(group) for group in mail["To"].groups] == [
        '"Jürgen jürgen@y.example":;',
        '"Bob, the builder" <bob@y.example>',
    ]
    assert [address.addr_spec for address in mail["To"].addresses] == ["bob@y.example"]
    assert (mail["Cc"].groups[0].display_name, mail["Cc"].addresses) == ("田中@y.example", ())
    assert (mail["From"], mail["Subject"], mail.get_content()) == ("Ann <ann@x.example>", "s", "body")


def test_a_server_that_knows_other_scripts_gets_the_header_as_it_was_written(
    serve_smtp: Callable[..., ScriptedSmtp],
) -> None:
    server = serve_smtp({"EHLO": b"250-me\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"})
    assert Sent(server, content=INTERNATIONAL).states == ["sent"]
    assert b"\r\n".join(server.content) == INTERNATIONAL.removesuffix(b"\r\n")
    assert server.sent("MAIL") == ["MAIL FROM:<ann@x.example> BODY=8BITMIME SMTPUTF8"]


@pytest.mark.parametrize("field", ["From: jürgen@x.example", "Subject: für", "In-Reply-To: <ü@x.example>"])
def test_a_header_that_cannot_be_told_in_ascii_is_not_sent(serve_smtp: Callable[..., ScriptedSmtp], field: str) -> None:
    server = serve_smtp()
    sent = Sent(server, content=f"{field}\r\n\r\nbody\r\n".encode())
    assert sent.failure == (Reason.NO_INTERNATIONAL, True)
    assert not server.sent("MAIL")


@pytest.mark.parametrize("name", [b"=?x-none?q?a?=", b"=?utf-8?b?&&&?=", b"=?utf-8?b?" + b"SsO8cmdlbg" * 30 + b"?="])
def test_odd_names_of_such_addresses_do_no_harm(name: bytes) -> None:
    header = plain_header(b"To: " + name + b" <j\xc3\xbcrgen@y.example>\r\nSubject: s")
    assert header.isascii()
    assert header.endswith(b" :;\r\nSubject: s")
    assert max(map(len, header.split(b"\r\n"))) <= 78


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
