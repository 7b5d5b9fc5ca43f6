"""What lies in an IMAP folder is listed in bounded steps, however badly the server tells."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest

from mailboxes.connectors.imap import ImapSource
from tests.connectors.configs import imap
from tests.connectors.scripted import ScriptedImap


@pytest.mark.req("S1.15", "F36", "F37")
def test_a_listing_leaves_out_the_last_message_below_the_cursor(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({"UID FETCH 10:*": b'* 3 FETCH (UID 3 RFC822.SIZE 5 INTERNALDATE "17-Jul-1996 02:44:25 -0700")\r\n'})
    with ImapSource(imap(server.port)).open() as session:
        assert list(session.list_new(cursor=9, rescan=0)) == []


@pytest.mark.req("F1")
@pytest.mark.parametrize(
    "row", [b"(UID 2 RFC822.SIZE -1)", b"(UID 2 RFC822.SIZE)", b"(RFC822.SIZE 5)", b"nonsense", b"NIL"]
)
def test_a_message_whose_size_cannot_be_read_is_listed_without(serve: Callable[..., ScriptedImap], row: bytes) -> None:
    good = b"* 1 FETCH (UID 1 RFC822.SIZE 5)\r\n* 2 FETCH %b\r\n* 3 FETCH (UID 3 RFC822.SIZE 7)\r\n"
    server = serve({"UID FETCH": good.replace(b"%b", row), "UID SEARCH": b"* SEARCH 1 2 3\r\n"})
    with ImapSource(imap(server.port)).open() as session:
        listed = [(item.remote_id, item.size_bytes) for item in session.list_new(cursor=0, rescan=500)]
    assert listed == [("1", 5), ("2", None), ("3", 7)]


def test_news_of_flags_between_the_rows_does_not_hide_a_size(serve: Callable[..., ScriptedImap]) -> None:
    rows = b"* 1 FETCH (UID 1 RFC822.SIZE 5)\r\n* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n"
    server = serve({"UID FETCH": rows, "UID SEARCH": b"* SEARCH 1\r\n"})
    with ImapSource(imap(server.port)).open() as session:
        assert [item.size_bytes for item in session.list_new(cursor=0, rescan=0)] == [5]


@pytest.mark.req("F1")
def test_a_listing_that_fails_on_one_message_gives_the_others(serve: Callable[..., ScriptedImap]) -> None:
    row = b"* %d FETCH (UID %d RFC822.SIZE 5)\r\n"
    server = serve({
        "UID SEARCH": b"* SEARCH 1 2 3\r\n",
        "UID FETCH": b"TAG NO [SERVERBUG] oops\r\n",
        "UID FETCH 1:1 ": row % (1, 1),
        "UID FETCH 3:3 ": row % (3, 3),
    })  # fmt: skip
    with ImapSource(imap(server.port)).open() as session:
        listed = [(item.remote_id, item.size_bytes) for item in session.list_all(since=None)]
    assert listed == [("1", 5), ("2", None), ("3", 5)]


@pytest.mark.req("F70")
def test_a_server_that_refuses_a_search_by_date_is_searched_without(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({
        "UID SEARCH UID 1:* SINCE": b"TAG NO [BADCHARSET] no\r\n",
        "UID SEARCH UID 1:*": b"* SEARCH 1 2\r\n",
        "UID FETCH": b'* 1 FETCH (UID 1 RFC822.SIZE 5 INTERNALDATE " 1-Jan-2020 00:00:00 +0000")\r\n'
        b'* 2 FETCH (UID 2 RFC822.SIZE 5 INTERNALDATE "02-Mar-2026 00:00:00 +0000")\r\n',
    })  # fmt: skip
    since = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    with ImapSource(imap(server.port)).open() as session:
        assert [item.remote_id for item in session.list_all(since=since)] == ["2"]
    assert not any("CHARSET" in command for command in server.commands)


@pytest.mark.req("S1.34", "S2.45")
@pytest.mark.parametrize(
    ("near", "described"),
    [(b"* SEARCH 2 3\r\n", ["2:3"]), (b"TAG NO no BEFORE here\r\n", ["1:9"])],
    ids=["by days", "one by one"],
)
def test_messages_since_a_date_are_counted_by_days_and_looked_at_only_around_it(
    serve: Callable[..., ScriptedImap], near: bytes, described: list[str]
) -> None:
    row = b'* %d FETCH (UID %d RFC822.SIZE 5 INTERNALDATE "%d-Mar-2026 00:30:00 +0100")\r\n'
    server = serve({
        "UID SEARCH UID 1:* SINCE 9-Mar-2026 BEFORE 12-Mar-2026": near,
        "UID SEARCH UID 1:* SINCE 9-Mar-2026": b"* SEARCH 2 3 7 9\r\n",
        "UID SEARCH": b"* SEARCH 1 2 3 7 9\r\n",
        "UID FETCH": b"".join(row % (uid, uid, day) for uid, day in [(1, 2), (2, 10), (3, 11), (7, 13), (9, 14)]),
    })  # fmt: skip
    with ImapSource(imap(server.port)).open() as session:
        assert session.count_since(datetime.datetime(2026, 3, 10, tzinfo=datetime.UTC)) == 3
    assert [command.split()[2] for command in server.sent("UID FETCH")] == described


def test_a_huge_folder_is_searched_in_windows(serve: Callable[..., ScriptedImap]) -> None:
    huge = b"* 120000 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 120001] ok\r\n"
    server = serve({"EXAMINE": huge, "UID SEARCH": b"* SEARCH 1 50001 120000\r\n"})
    with ImapSource(imap(server.port)).open() as session:
        list(session.list_ids())
    assert [command.split()[3] for command in server.sent("UID SEARCH")] == ["1:50000", "50001:100000", "100001:*"]


@pytest.mark.req("F40")
@pytest.mark.parametrize("said", [b"", b"* OK [UIDVALIDITY 0] ok\r\n", b"* OK [UIDVALIDITY] ok\r\n"])
def test_a_folder_without_uidvalidity_has_an_empty_epoch(serve: Callable[..., ScriptedImap], said: bytes) -> None:
    server = serve({"EXAMINE": b"* 3 EXISTS\r\n" + said})
    with ImapSource(imap(server.port)).open() as session:
        assert session.state.epoch == ""
        assert session.state.fingerprint == ""
        assert session.state.highest_id is None
        assert session.state.count == 3
