"""Messages come over POP3 byte for byte, bounded, by names that hold; and go only when QUIT was answered."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest

from mailboxes.connectors.base import AfterImport, Fetched, RemoteItem
from mailboxes.connectors.config import Security
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.pop3 import Pop3Source
from tests.connectors.configs import pop3
from tests.connectors.scripted import Act, ScriptedPop3
from tests.connectors.worlds import Pop3World, pop3_world
from tests.servers.dovecot import Dovecot

ITEM = RemoteItem("one", 7, None)
Serve = Callable[..., ScriptedPop3]


def fetched(server: ScriptedPop3, *items: RemoteItem, max_bytes: int = 100_000) -> list[Fetched]:
    with Pop3Source(pop3(server.port)).open() as session:
        return list(session.fetch(items or [ITEM], max_bytes=max_bytes))


def said(content: bytes) -> bytes:
    """The answer that brings these bytes, with the dots that the protocol wants."""
    stuffed = b"".join(b"." + line if line.startswith(b".") else line for line in content.splitlines(keepends=True))
    return b"+OK\r\n" + stuffed + b".\r\n"


@pytest.mark.req("S1.17", "F37")
@pytest.mark.parametrize(
    "content",
    [
        b"Subject: s\r\n\r\nhello\r\n",
        b"Subject: s\r\n\r\n" + b"x" * 300_000 + b"\r\n",  # far beyond poplib's 2,048 bytes
        b"Subject: \xe9\xff\r\n\r\n\x80\x00\x1b NUL and 8-bit\r\n",
        b".\r\n..\r\n...x\r\n",
        b"bare\rreturns\r\rand\nfeeds\n\r\n",
        b"\r\n\r\n\r\n",
    ],
    ids=["plain", "long line", "8-bit and NUL", "dots", "bare line ends", "empty lines"],
)
def test_a_message_comes_byte_for_byte(serve_pop3: Serve, content: bytes) -> None:
    [result] = fetched(serve_pop3({"RETR": said(content)}), max_bytes=1_000_000)
    assert (result.content, result.error) == (content, None)


def test_a_dot_behind_a_bare_line_feed_ends_nothing(serve_pop3: Serve) -> None:
    answer = b"+OK\r\nSubject: s\r\n\r\na\n.\r\nQUIT is text here\r\n.\r\n"
    [result] = fetched(serve_pop3({"RETR": answer}))
    assert result.content == b"Subject: s\r\n\r\na\n.\r\nQUIT is text here\r\n"


@pytest.mark.req("F23", "F26")
def test_reading_stops_at_the_limit_whatever_was_claimed(serve_pop3: Serve) -> None:
    server = serve_pop3({"RETR": [said(b"x\r\n" * 50_000), said(b"short\r\n")]})
    results = fetched(server, ITEM, RemoteItem("two", 7, None), max_bytes=1000)
    assert [result.error and result.error.reason for result in results] == [Reason.TOO_LARGE, None]
    assert server.connections == 1  # a little more than the limit is read to its end


def test_a_message_that_never_ends_costs_its_connection_alone(serve_pop3: Serve) -> None:
    server = serve_pop3({"RETR 1": b"+OK\r\n" + b"x" * 6_000_000})
    results = fetched(server, ITEM, RemoteItem("two", 7, None), max_bytes=1000)
    assert [result.error and result.error.reason for result in results] == [Reason.TOO_LARGE, None]
    assert server.connections == 2


@pytest.mark.req("F1", "F3", "F22")
def test_a_message_the_server_fails_on_stops_no_other(serve_pop3: Serve) -> None:
    server = serve_pop3({"RETR 1": b"-ERR [SYS/TEMP] cannot read it\r\n", "RETR 2": Act.CLOSE})
    results = fetched(server, *(RemoteItem(name, 7, None) for name in ("one", "two", "three")))
    assert [result.content for result in results] == [None, None, b"hello\r\n"]
    assert [result.error and (result.error.reason, result.error.permanent) for result in results] == [
        (Reason.MESSAGE_UNREADABLE, False),
        (Reason.MESSAGE_UNREADABLE, False),
        None,
    ]


def test_what_the_maildrop_does_not_list_is_gone(serve_pop3: Serve) -> None:
    server = serve_pop3()
    [result] = fetched(server, RemoteItem("four", 7, None))
    assert result.error is not None
    assert result.error.reason is Reason.MESSAGE_GONE
    assert not server.sent("RETR")


def test_numbers_are_looked_up_anew_on_each_connection(serve_pop3: Serve) -> None:
    """F49: a number means another message as soon as one before it is gone."""
    server = serve_pop3({
        "UIDL": [b"+OK\r\n1 one\r\n2 two\r\n.\r\n", b"+OK\r\n1 two\r\n.\r\n"],
        "RETR 2": Act.CLOSE,
        "RETR 1": said(b"two\r\n"),
    })  # fmt: skip
    [result] = fetched(server, RemoteItem("two", 5, None))
    assert result.content == b"two\r\n"


# Headers.


def test_headers_come_by_top_and_without_it_from_the_message(serve_pop3: Serve) -> None:
    whole = said(b"Subject: s\r\n\r\nbody\r\n")
    server = serve_pop3({"TOP": b"-ERR what\r\n", "CAPA": b"-ERR what\r\n", "RETR": whole})
    with Pop3Source(pop3(server.port)).open() as session:
        headers = session.fetch_headers(["one", "two", "nonsense"])
    assert headers == dict.fromkeys(["one", "two"], b"Subject: s\r\n\r\n")
    assert len(server.sent("TOP")) == 1


def test_a_header_that_a_server_with_top_does_not_give_is_left_out(serve_pop3: Serve) -> None:
    server = serve_pop3({"TOP 1": b"-ERR no such message\r\n"})
    with Pop3Source(pop3(server.port)).open() as session:
        assert set(session.fetch_headers(["one", "two"])) == {"two"}
    assert not server.sent("RETR")


def test_the_header_of_an_endless_message_is_had_without_top(serve_pop3: Serve) -> None:
    server = serve_pop3({
        "TOP": b"-ERR what\r\n",
        "CAPA": b"+OK\r\nUIDL\r\n.\r\n",
        "RETR 1": b"+OK\r\nSubject: s\r\n\r\n" + b"line\r\n" * 1_000_000,
        "RETR 2": said(b"Subject: t\r\n\r\nbody\r\n"),
    })  # fmt: skip
    with Pop3Source(pop3(server.port)).open() as session:
        assert session.fetch_headers(["one", "two"]) == {"one": b"Subject: s\r\n\r\n", "two": b"Subject: t\r\n\r\n"}


# Names.


def test_a_server_without_unique_ids_is_refused_with_the_reason(serve_pop3: Serve) -> None:
    with pytest.raises(ConnectorError) as error:
        fetched(serve_pop3({"UIDL": b"-ERR unknown command\r\n"}))
    assert (error.value.reason, error.value.permanent) == (Reason.NO_UNIQUE_IDS, True)


@pytest.mark.parametrize("line", [b"1", b"x one", b"1 " + b"n" * 200])
def test_a_listing_that_cannot_be_read_is_an_error(serve_pop3: Serve, line: bytes) -> None:
    with pytest.raises(ConnectorError) as error:
        fetched(serve_pop3({"UIDL": b"+OK\r\n" + line + b"\r\n.\r\n"}))
    assert (error.value.reason, error.value.permanent) == (Reason.PROTOCOL, False)


def test_copies_that_share_a_name_are_one_message_and_go_together(serve_pop3: Serve) -> None:
    """RFC 1939 section 7 lets a server make ids of hashes."""
    server = serve_pop3({"UIDL": b"+OK\r\n1 same\r\n2 other\r\n3 same\r\n.\r\n"})
    with Pop3Source(pop3(server.port)).open(writable=True) as session:
        assert [item.remote_id for item in session.list_all(since=None)] == ["same", "other"]
        assert session.state.count == 3
        assert session.acknowledge(["same"], action=AfterImport.DELETE) == {"same": None}
    assert server.sent("DELE") == ["DELE 1", "DELE 3"]


def test_sizes_that_are_not_told_are_unknown(serve_pop3: Serve) -> None:
    server = serve_pop3({"LIST": b"+OK\r\n1 7\r\n2\r\n3 many\r\n.\r\n"})
    with Pop3Source(pop3(server.port)).open() as session:
        assert [item.size_bytes for item in session.list_all(since=None)] == [7, None, None]


def test_a_session_in_which_nothing_is_listed_asks_for_no_sizes(serve_pop3: Serve) -> None:
    server = serve_pop3()
    with Pop3Source(pop3(server.port)).open():
        pass
    assert server.commands == ["USER ann@fernhollow.example", "PASS s3cret-word", "UIDL", "QUIT"]


# Deleting.


@pytest.mark.req("F48")
@pytest.mark.parametrize("answer", [Act.CLOSE, Act.HANG])
def test_without_an_answer_to_quit_nothing_counts_as_deleted(serve_pop3: Serve, answer: Act) -> None:
    server = serve_pop3({"QUIT": answer})
    with pytest.raises(ConnectorError) as error, Pop3Source(pop3(server.port)).open(writable=True) as session:
        session.acknowledge(["one"], action=AfterImport.DELETE)
    assert not error.value.permanent


@pytest.mark.req("F48")
def test_a_server_that_did_not_delete_says_so_at_quit_and_one_refusal_concerns_one_message(serve_pop3: Serve) -> None:
    server = serve_pop3({"QUIT": [b"-ERR some messages not removed\r\n", b"+OK\r\n"], "DELE 2": b"-ERR not this\r\n"})
    with Pop3Source(pop3(server.port)).open(writable=True) as session:
        first = session.acknowledge(["one"], action=AfterImport.DELETE)["one"]
        again = session.acknowledge(["one", "two", "gone"], action=AfterImport.DELETE)
    assert first is not None
    assert (first.reason, first.permanent) == (Reason.SERVER_ERROR, False)
    assert [again[name] is None for name in ("one", "two", "gone")] == [True, False, True]


def test_a_session_in_which_something_broke_does_not_end_well_for_the_server(serve_pop3: Serve) -> None:
    """Google shows nothing again that was fetched in a session that ended with QUIT."""
    server = serve_pop3()
    with pytest.raises(OSError), Pop3Source(pop3(server.port)).open() as session:
        list(session.fetch([ITEM], max_bytes=1000))
        raise OSError
    assert not server.sent("QUIT")


# On a real server.


@pytest.fixture
def account(dovecot: Dovecot) -> Pop3World:
    return pop3_world(dovecot, f"{uuid.uuid4().hex[:12]}@fernhollow.example")


@pytest.mark.servers
@pytest.mark.parametrize("security", [Security.STARTTLS, Security.NONE])
def test_the_other_kinds_of_protection_work_too(account: Pop3World, security: Security) -> None:
    account.deliver(b"Subject: s\r\n\r\nx\r\n")
    config = account.config(port=account.dovecot.pop3_port)
    with Pop3Source(replace(config, login=replace(config.login, security=security))).open() as session:
        assert len(list(session.list_all(since=None))) == 1


@pytest.mark.servers
def test_long_lines_and_letters_of_eight_bits_survive_a_real_server(account: Pop3World) -> None:
    raw = b"Subject: \xe9\r\n\r\n" + b"\xff" * 100_000 + b"\r\n..\r\n.\r\nend\r\n"
    account.deliver(raw)
    with account.source().open() as session:
        [result] = session.fetch(list(session.list_all(since=None)), max_bytes=1_000_000)
    assert result.content == raw


@pytest.mark.servers
def test_what_was_marked_stays_when_the_connection_is_lost(account: Pop3World) -> None:
    account.deliver(b"Subject: s\r\n\r\nx\r\n")
    with account.source().open(writable=True) as session:
        maildrop = session._maildrop  # type: ignore[attr-defined]  # the step before QUIT has no other handle
        with maildrop._connected() as client:
            client.delete(1)
        maildrop.drop()
    assert len(account.messages()) == 1
