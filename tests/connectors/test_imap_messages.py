"""One bad message never stops another, and none is larger than allowed, whatever an IMAP server answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mailboxes.connectors.base import RemoteItem
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap import ImapSource
from tests.connectors.configs import imap
from tests.connectors.imap_scripts import BATCH, ITEMS, alone, body, fetched, outcomes
from tests.connectors.scripted import Act, Answer, ScriptedImap


def test_small_messages_come_in_one_command(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({BATCH: body(1) + body(2) + body(3)})
    assert outcomes(fetched(server)) == [b"hello"] * 3
    assert server.sent("UID FETCH") == [BATCH]


@pytest.mark.req("F1", "F3", "F20")
@pytest.mark.parametrize(
    "bad",
    [
        b"* 2 FETCH (UID 2 BODY[] NIL)\r\n",
        b"* 2 FETCH (UID 2 BODY[] \"unterminated)\r\n",
        b"* 2 FETCH (UID 2 BODY[] {-5})\r\n",
        b"* 2 FETCH (UID 2\r\n",
        b"* 2 FETCH garbage\r\n",
        b"* 2 FETCH (UID two BODY[] {5}\r\nhello)\r\n",
        b"* 2 FETCH (BODY[] {5}\r\nhello)\r\n",
        b"* 2 FETCH (UID 2)\r\n",
        b"* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n",
        b"* 2 FETCH (UID 99 BODY[] {5}\r\nwrong)\r\n",
        b"* 2 FETCH (UID 2 BODY[] \"\")\r\n",
        b"* 2 FETCH (UID 2 BODY[] 12345)\r\n",
        b"* 2 FETCH " + b"(" * 3000 + b"\r\n",
        b"* 2 FETCH \xff\xfe\r\n",
        b"* NO something\r\n",
        b"",
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_read_costs_one_message_only(serve: Callable[..., ScriptedImap], bad: bytes) -> None:
    server = serve({BATCH: body(1) + bad + body(3), alone(2): bad, "UID SEARCH UID 2": b"* SEARCH 2\r\n"})
    assert outcomes(fetched(server)) == [b"hello", Reason.MESSAGE_UNREADABLE, b"hello"]
    assert server.connections == 1


@pytest.mark.req("F3")
@pytest.mark.parametrize("refusal", [b"TAG NO [SERVERBUG] internal error\r\n", b"TAG BAD cannot\r\n"])
def test_a_refused_batch_is_fetched_one_by_one(serve: Callable[..., ScriptedImap], refusal: bytes) -> None:
    server = serve({BATCH: refusal, alone(1): body(1), alone(2): refusal, alone(3): body(3)})
    results = fetched(server)
    assert outcomes(results) == [b"hello", Reason.MESSAGE_UNREADABLE, b"hello"]
    assert results[1].error is not None
    assert not results[1].error.permanent


@pytest.mark.req("F3")
@pytest.mark.parametrize("fault", [Act.CLOSE, b"* BYE internal error\r\n", b"\x00\xff\xfe garbage\r\nmore\r\n"])
def test_a_message_that_costs_the_connection_is_given_up_and_the_others_come(
    serve: Callable[..., ScriptedImap], fault: Answer
) -> None:
    server = serve({BATCH: fault, alone(1): body(1), alone(2): fault, alone(3): body(3)})
    assert outcomes(fetched(server)) == [b"hello", Reason.MESSAGE_UNREADABLE, b"hello"]
    assert server.connections <= 5


@pytest.mark.req("F69")
def test_a_message_that_stalls_the_server_is_a_timeout_and_the_others_come(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({BATCH: Act.HANG, alone(1): body(1), alone(2): Act.HANG, alone(3): body(3)})
    assert outcomes(fetched(server)) == [b"hello", Reason.TIMEOUT, b"hello"]


@pytest.mark.req("F69")
def test_a_connection_lost_once_is_made_again_and_nothing_is_missed(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({BATCH: Act.CLOSE, alone(1): body(1), alone(2): [Act.CLOSE, body(2)], alone(3): body(3)})
    assert outcomes(fetched(server)) == [b"hello"] * 3


def test_a_server_that_always_hangs_up_ends_the_session_after_a_few_connections(
    serve: Callable[..., ScriptedImap],
) -> None:
    server = serve({"UID FETCH": Act.CLOSE})
    items = [RemoteItem(str(uid), 5, None) for uid in range(1, 40)]
    got = []
    with pytest.raises(ConnectorError) as error, ImapSource(imap(server.port)).open() as session:
        got.extend(session.fetch(items, max_bytes=1000))
    assert error.value.reason is Reason.CONNECTION_LOST
    assert server.connections <= 7


@pytest.mark.req("F39")
def test_a_folder_numbered_anew_behind_a_lost_connection_ends_the_session(serve: Callable[..., ScriptedImap]) -> None:
    again = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 78] ok\r\n* OK [UIDNEXT 4] ok\r\nTAG OK [READ-ONLY] done\r\n"
    server = serve({BATCH: Act.CLOSE, "EXAMINE": [again.replace(b"78", b"77"), again]})
    with pytest.raises(ConnectorError) as error, ImapSource(imap(server.port)).open() as session:
        list(session.fetch(ITEMS, max_bytes=1000))
    assert error.value.reason is Reason.CONNECTION_LOST


def test_a_message_that_is_gone_says_so(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({BATCH: body(1) + body(3), "UID SEARCH UID 2": b"* SEARCH\r\n"})
    results = fetched(server)
    assert outcomes(results) == [b"hello", Reason.MESSAGE_GONE, b"hello"]
    assert results[1].error is not None
    assert results[1].error.permanent


@pytest.mark.parametrize(
    "remote_id", ["", "0", "-1", "1:*", "1 BODY[]", "4294967296", "9" * 5000, "１", "1\r\nA1 LOGOUT"]
)
def test_what_is_no_uid_never_reaches_the_server(serve: Callable[..., ScriptedImap], remote_id: str) -> None:
    server = serve()
    assert outcomes(fetched(server, items=[RemoteItem(remote_id, 5, None)])) == [Reason.BAD_ARGUMENT]
    assert not server.sent("UID")


@pytest.mark.req("F23", "F26")
def test_a_message_listed_as_too_large_is_not_asked_for(serve: Callable[..., ScriptedImap]) -> None:
    server = serve()
    assert outcomes(fetched(server, items=[RemoteItem("1", 1001, None)])) == [Reason.TOO_LARGE]
    assert not server.sent("UID FETCH")


@pytest.mark.req("F23")
@pytest.mark.parametrize("claimed", [1001, 10**9, 10**30])
def test_reading_stops_at_the_limit_whatever_was_claimed(serve: Callable[..., ScriptedImap], claimed: int) -> None:
    lie = b"* 1 FETCH (UID 1 BODY[] {%d}\r\n" % claimed + b"x" * 1001 + b")\r\n"
    server = serve({alone(1): lie, alone(2): body(2)})
    items = [RemoteItem("1", None, None), RemoteItem("2", None, None)]
    assert outcomes(fetched(server, items=items)) == [Reason.TOO_LARGE, b"hello"]


def test_a_batch_that_is_longer_than_claimed_is_fetched_one_by_one(serve: Callable[..., ScriptedImap]) -> None:
    flood = body(1, b"x" * 600_000)
    server = serve({BATCH: flood, alone(1): flood, alone(2): body(2), alone(3): body(3)})
    assert outcomes(fetched(server)) == [Reason.TOO_LARGE, b"hello", b"hello"]


def test_an_endless_answer_without_literals_is_cut_off(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({"UID FETCH 1 ": b"* 1 FETCH (FLAGS (x))\r\n" * 40_000})
    assert outcomes(fetched(server, items=ITEMS[:1])) == [Reason.TOO_LARGE]


def test_a_line_without_end_is_cut_off(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({"UID SEARCH": b"* SEARCH " + b"1 " * 600_000 + b"\r\n"})
    with pytest.raises(ConnectorError), ImapSource(imap(server.port)).open() as session:
        list(session.list_ids())


def test_an_empty_message_of_no_size_is_a_message(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({alone(1): body(1, b"")})
    assert outcomes(fetched(server, items=[RemoteItem("1", 0, None)])) == [b""]


def test_batches_are_bounded_by_count_and_by_claimed_size(serve: Callable[..., ScriptedImap]) -> None:
    server = serve()
    small = [RemoteItem(str(uid), 100, None) for uid in range(1, 121)]
    large = [RemoteItem(str(uid), 1_500_000, None) for uid in range(200, 205)]
    fetched(server, items=small + large, max_bytes=10**7)
    batches = [command.split()[2] for command in server.sent("UID FETCH") if ":" in command or "," in command]
    assert batches == ["1:50", "51:100", "101:120,200:201", "202:203"]
