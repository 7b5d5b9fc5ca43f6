"""IMAP servers that answer nonsense, too much, too little or nothing: each has a defined outcome."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from mailboxes.connectors.base import AfterImport, Fetched, RemoteItem
from mailboxes.connectors.config import Security
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap import ImapSession, ImapSource
from tests.connectors.configs import imap
from tests.connectors.scripted import Act, Answer, Answers, Encrypt, ScriptedImap
from tests.servers.certificates import CertificateAuthority

Open = Callable[[Answers], tuple[ScriptedImap, ImapSession]]
ITEMS = [RemoteItem(str(uid), 5, None) for uid in (1, 2, 3)]
BATCH = "UID FETCH 1:3 (UID BODY.PEEK[])"


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedImap]]:
    """`serve({command: answer})` is a running scripted server."""
    servers: list[ScriptedImap] = []

    def start(answers: Answers | None = None, *, greeting: Answer | None = None) -> ScriptedImap:
        servers.append(ScriptedImap(answers, greeting=greeting).__enter__())
        return servers[-1]

    yield start
    for server in servers:
        server.__exit__(None, None, None)


def body(uid: int, text: bytes = b"hello") -> bytes:
    return b"* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n" % (uid, uid, len(text), text)


def alone(uid: int) -> str:
    return f"UID FETCH {uid} (UID BODY.PEEK[])"


def fetched(server: ScriptedImap, *, items: list[RemoteItem] = ITEMS, max_bytes: int = 1000) -> list[Fetched]:
    with ImapSource(imap(server.port)).open() as session:
        return list(session.fetch(items, max_bytes=max_bytes))


def outcomes(results: list[Fetched]) -> list[bytes | Reason | None]:
    return [result.error.reason if result.error else result.content for result in results]


def refused(server: ScriptedImap) -> ConnectorError:
    with pytest.raises(ConnectorError) as error, ImapSource(imap(server.port)).open():
        pass
    return error.value


# One message never stops another.


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


# Sizes.


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


# Listing.


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


# What servers say.


@pytest.mark.req("F67", "F68")
@pytest.mark.parametrize(
    ("said", "reason", "permanent"),
    [
        (b"NO [AUTHENTICATIONFAILED] no", Reason.LOGIN_REFUSED, True),
        (b"NO LOGIN failed.", Reason.LOGIN_REFUSED, True),
        (b"NO [ALERT] Application-specific password required", Reason.LOGIN_REFUSED, True),
        (b"BAD User is authenticated but not connected.", Reason.LOGIN_REFUSED, True),
        (b"NO [UNAVAILABLE] Temporary authentication failure.", Reason.SERVER_ERROR, False),
        (b"NO [INUSE] busy", Reason.SERVER_ERROR, False),
        (b"NO Temporary failure, try again later", Reason.SERVER_ERROR, False),
        (b"NO [LIMIT] limit reached", Reason.THROTTLED, False),
        (b"NO [ALERT] Too many simultaneous connections. (Failure)", Reason.TOO_MANY_CONNECTIONS, False),
        (b"NO [PRIVACYREQUIRED] use TLS", Reason.LOGIN_DISABLED, True),
        (b"NO [ALERT] Your account is not enabled for IMAP use.", Reason.LOGIN_DISABLED, True),
        (b"NO Request is throttled. Suggested Backoff Time: 299961 milliseconds", Reason.THROTTLED, False),
    ],
)
def test_a_refused_sign_in_is_understood(
    serve: Callable[..., ScriptedImap], said: bytes, reason: Reason, permanent: bool
) -> None:
    error = refused(serve({"LOGIN": b"TAG " + said + b"\r\n"}))
    assert (error.reason, error.permanent) == (reason, permanent)
    assert error.retry_after_s == (299.961 if b"Backoff" in said else None)


@pytest.mark.req("F67")
def test_a_throttled_fetch_ends_the_session_with_the_servers_wish(serve: Callable[..., ScriptedImap]) -> None:
    words = b"Request is throttled. Suggested Backoff Time: 5000 milliseconds"
    server = serve({"UID FETCH": b"* BYE " + words + b"\r\n"})
    with pytest.raises(ConnectorError) as error, ImapSource(imap(server.port)).open() as session:
        list(session.fetch(ITEMS, max_bytes=1000))
    assert (error.value.reason, error.value.retry_after_s) == (Reason.THROTTLED, 5.0)
    assert server.connections == 1


@pytest.mark.parametrize(
    ("greeting", "reason"),
    [
        (b"* BYE Too many connections from your address\r\n", Reason.TOO_MANY_CONNECTIONS),
        (b"* BYE [UNAVAILABLE] maintenance\r\n", Reason.SERVER_ERROR),
        (b"220 smtp.example ESMTP\r\n", Reason.PROTOCOL),
        (b"\x16\x03\x01\x00\xee\x01garbage\r\n", Reason.PROTOCOL),
        (b"x" * 2_000_000, Reason.TOO_LARGE),
        (Act.CLOSE, Reason.CONNECTION_LOST),
        (Act.HANG, Reason.TIMEOUT),
        (b"* PREAUTH you are somebody\r\n", Reason.PROTOCOL),
    ],
)
def test_a_strange_greeting_is_an_error(serve: Callable[..., ScriptedImap], greeting: Answer, reason: Reason) -> None:
    error = refused(serve(greeting=greeting))
    assert (error.reason, error.permanent) == (reason, False)


@pytest.mark.parametrize(
    ("said", "reason", "permanent"),
    [
        (b"NO [NONEXISTENT] no such", Reason.FOLDER_NOT_FOUND, True),
        (b"NO Mailbox does not exist", Reason.FOLDER_NOT_FOUND, True),
        (b"NO [UNAVAILABLE] not now", Reason.SERVER_ERROR, False),
        (b"NO internal server error", Reason.SERVER_ERROR, False),
        (b"BAD User is authenticated but not connected.", Reason.LOGIN_REFUSED, True),
    ],
)
def test_a_refused_folder_is_understood(
    serve: Callable[..., ScriptedImap], said: bytes, reason: Reason, permanent: bool
) -> None:
    error = refused(serve({"EXAMINE": b"TAG " + said + b"\r\n"}))
    assert (error.reason, error.permanent) == (reason, permanent)


def test_login_disabled_is_honoured(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({"CAPABILITY": b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n"})
    assert refused(server).reason is Reason.LOGIN_DISABLED
    assert not server.sent("LOGIN")


@pytest.mark.parametrize(
    "script",
    [
        {},
        {"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS\r\n", "STARTTLS": b"TAG NO not now\r\n"},
        {"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS\r\n", "STARTTLS": b"TAG BAD what\r\n"},
    ],
)
def test_without_starttls_the_password_is_never_sent_in_clear_text(
    serve: Callable[..., ScriptedImap], script: Answers
) -> None:
    server = serve(script)
    config = imap(server.port)
    source = ImapSource(replace(config, login=replace(config.login, security=Security.STARTTLS)))
    with pytest.raises(ConnectorError) as error:
        source.folders()
    assert error.value.reason is Reason.TLS_NOT_OFFERED
    assert not server.sent("LOGIN")
    assert not server.sent("AUTHENTICATE")


def test_a_server_that_claims_we_are_signed_in_before_encryption_is_not_believed(
    serve: Callable[..., ScriptedImap],
) -> None:
    server = serve({"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS\r\n"}, greeting=b"* PREAUTH welcome\r\n")
    config = imap(server.port)
    source = ImapSource(replace(config, login=replace(config.login, security=Security.STARTTLS)))
    with pytest.raises(ConnectorError) as error:
        source.file_sent(b"Subject: secret\r\n\r\n")
    assert error.value.reason is Reason.TLS_NOT_OFFERED
    assert not server.sent("APPEND")


@pytest.mark.servers
def test_what_was_said_before_encryption_is_forgotten(
    serve: Callable[..., ScriptedImap], certificate_authority: CertificateAuthority
) -> None:
    forged = b'* CAPABILITY IMAP4rev1 AUTH=FORGED\r\n* LIST () "/" Forged\r\n'
    server = serve({
        "CAPABILITY": [b"* CAPABILITY IMAP4rev1 STARTTLS\r\n", b"* CAPABILITY IMAP4rev1\r\n"],
        "STARTTLS": Encrypt(forged + b"TAG OK go on\r\n" + forged, certificate_authority.issue().server_context),
        "LIST": b'* LIST () "/" INBOX\r\n',
    })  # fmt: skip
    config = imap(server.port)
    login = replace(config.login, security=Security.STARTTLS, ca_file=str(certificate_authority.ca_path))
    assert [folder.name for folder in ImapSource(replace(config, login=login)).folders()] == ["INBOX"]
    assert server.commands.index("STARTTLS") < server.commands.index('LOGIN "ann@fernhollow.example" "s3cret-word"')


# Arguments and secrets.


@pytest.mark.parametrize("bad", ["a\r\nA9 DELETE INBOX", "a\nb", "a\rb", "a\0b"])
def test_control_characters_never_reach_the_server(serve: Callable[..., ScriptedImap], bad: str) -> None:
    server = serve()
    source = ImapSource(imap(server.port))
    attempts: list[Callable[[], object]] = [
        lambda: source.find_in_sent(bad),
        lambda: source.find_in_sent("x@y", folder=bad),
        lambda: source.file_sent(b"x", folder=bad),
        lambda: ImapSource(imap(server.port, folder=bad)).open().__enter__(),
        lambda: ImapSource(imap(server.port, password=bad)).folders(),
    ]
    with source.open(writable=True) as session:
        attempts.append(lambda: session.acknowledge(["1"], action=AfterImport.MOVE, folder=bad))
        for attempt in attempts:
            with pytest.raises(ConnectorError) as error:
                attempt()
            assert (error.value.reason, error.value.permanent) == (Reason.BAD_ARGUMENT, True)
    assert not any("DELETE" in command for command in server.commands)


@pytest.mark.parametrize("bad", ['x" OR ALL', "x\\", "ü@x", "a b", ""])
def test_a_message_id_that_a_search_cannot_hold_is_refused(serve: Callable[..., ScriptedImap], bad: str) -> None:
    with pytest.raises(ConnectorError) as error:
        ImapSource(imap(serve().port)).find_in_sent(bad)
    assert error.value.reason is Reason.BAD_ARGUMENT


def test_names_are_quoted(serve: Callable[..., ScriptedImap]) -> None:
    server = serve()
    with ImapSource(imap(server.port, folder='A "b" \\c', password='p" w\\')).open():
        pass
    assert 'LOGIN "ann@fernhollow.example" "p\\" w\\\\"' in server.commands
    assert 'EXAMINE "A \\"b\\" \\\\c"' in server.commands


def test_the_password_is_in_no_log_and_no_error(
    serve: Callable[..., ScriptedImap], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    error = refused(serve({"LOGIN": b'TAG BAD cannot parse LOGIN "ann" "s3cret-word" AHMzY3JldC13b3Jk\r\n'}))
    said = caplog.text + str(error) + repr(error) + error.detail + "".join(capfd.readouterr())
    assert "s3cret-word" not in said


# After the import.


@pytest.mark.req("F46", "F47")
def test_without_move_a_copy_is_made_once_whatever_fails_later(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({
        "CAPABILITY": b"* CAPABILITY IMAP4rev1 UIDPLUS\r\n",
        "UID EXPUNGE": [b"TAG NO [INUSE] not now\r\n", b""],
        "UID SEARCH UID 2 KEYWORD": [b"* SEARCH\r\n", b"* SEARCH 2\r\n"],
    })  # fmt: skip
    with ImapSource(imap(server.port)).open(writable=True) as session:
        first = session.acknowledge(["2"], action=AfterImport.MOVE, folder="Done")["2"]
        second = session.acknowledge(["2"], action=AfterImport.MOVE, folder="Done")["2"]
    assert first is not None
    assert second is None
    assert server.sent("UID COPY") == ['UID COPY 2 "Done"']
    assert server.sent("UID EXPUNGE") == ["UID EXPUNGE 2"] * 2


def test_a_copy_whose_original_cannot_be_marked_is_not_repeated(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({"CAPABILITY": b"* CAPABILITY IMAP4rev1 UIDPLUS\r\n", "UID STORE": b"TAG NO [NOPERM] no\r\n"})
    with ImapSource(imap(server.port)).open(writable=True) as session:
        error = session.acknowledge(["2"], action=AfterImport.MOVE, folder="Done")["2"]
    assert error is not None
    assert (error.reason, error.permanent) == (Reason.NOT_EXPUNGED, True)


def test_without_uidplus_a_deleted_message_stays_marked_and_says_so(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n"})
    with ImapSource(imap(server.port)).open(writable=True) as session:
        error = session.acknowledge(["2"], action=AfterImport.DELETE)["2"]
    assert error is not None
    assert error.reason is Reason.NOT_EXPUNGED
    assert server.sent("UID STORE") == ["UID STORE 2 +FLAGS.SILENT (\\Deleted)"]
    assert not server.sent("EXPUNGE")
    assert not server.sent("CLOSE")


def test_a_refusal_of_one_message_is_not_a_refusal_of_all(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({"UID STORE": b"TAG NO some failed\r\n", "UID STORE 1 ": b"", "UID STORE 3 ": b""})
    with ImapSource(imap(server.port)).open(writable=True) as session:
        results = session.acknowledge(["1", "2", "3", "x"], action=AfterImport.SEEN)
    reasons = {remote_id: error.reason if error else None for remote_id, error in results.items()}
    assert reasons == {"1": None, "2": Reason.SERVER_ERROR, "3": None, "x": Reason.BAD_ARGUMENT}


@pytest.mark.req("F47")
def test_a_folder_that_may_only_be_read_is_read_and_says_so_when_it_is_to_change(
    serve: Callable[..., ScriptedImap],
) -> None:
    folder = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 77] ok\r\n* OK [UIDNEXT 4] ok\r\nTAG OK [READ-ONLY] done\r\n"
    server = serve({"SELECT": folder, alone(1): body(1)})
    with ImapSource(imap(server.port)).open(writable=True) as session:
        assert outcomes(list(session.fetch(ITEMS[:1], max_bytes=1000))) == [b"hello"]
        error = session.acknowledge(["1"], action=AfterImport.SEEN)["1"]
    assert error is not None
    assert error.permanent
    assert not server.sent("UID STORE")


def test_a_folder_open_read_only_changes_nothing(serve: Callable[..., ScriptedImap]) -> None:
    server = serve()
    with ImapSource(imap(server.port)).open() as session, pytest.raises(ConnectorError):
        session.acknowledge(["1"], action=AfterImport.SEEN)
    assert not server.sent("UID")
    assert not server.sent("SELECT")


@pytest.mark.req("F68")
def test_the_server_is_told_goodbye(serve: Callable[..., ScriptedImap]) -> None:
    server = serve()
    with ImapSource(imap(server.port)).open():
        pass
    assert server.commands[-1] == "LOGOUT"
