"""What every source does, whatever its protocol, shown against a real server. A kind joins by a row in `worlds`.

What only some kinds do stands in sections of their own; their Traits say which.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from mailboxes.connectors.base import AfterImport, Order, RemoteItem, Source, SourceSession, Traits, is_numbered
from mailboxes.connectors.config import Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from tests.connectors.worlds import SOURCE_WORLDS, SourceWorld, traits
from tests.servers.dovecot import StoredMail
from tests.servers.fixtures import Proxies

pytestmark = pytest.mark.servers

QUICK = Timeouts(connect_s=5, read_s=1)
MB = 1024 * 1024


def kinds(is_meant: Callable[[Traits], bool] = lambda _traits: True) -> pytest.MarkDecorator:
    """The test runs on a world of each kind whose Traits are meant."""
    return pytest.mark.parametrize("world", [kind for kind in SOURCE_WORLDS if is_meant(traits(kind))], indirect=True)


@pytest.fixture(params=SOURCE_WORLDS)
def world(request: pytest.FixtureRequest) -> SourceWorld:
    """A server with an empty account that no other test uses."""
    name = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]
    return SOURCE_WORLDS[request.param](request, f"{name}@fernhollow.example")


numbered = kinds(lambda traits: traits.order is Order.NUMBERS)
dated = kinds(lambda traits: traits.order is not Order.NONE)
fingerprinted = kinds(lambda traits: traits.order is not Order.DATES)
marking = kinds(lambda traits: AfterImport.SEEN in traits.after_import)
moving = kinds(lambda traits: AfterImport.MOVE in traits.after_import)
with_folders = kinds(lambda traits: traits.has_folders)
with_sent = kinds(lambda traits: traits.has_sent)


def mail(number: int = 1, text: bytes = b"hello") -> bytes:
    return b"Message-ID: <m%d@x.example>\r\nSubject: number %d\r\n\r\n%s\r\n" % (number, number, text)


def listed(session: SourceSession) -> list[RemoteItem]:
    return list(session.list_all(since=None))


def ids(session: SourceSession) -> list[str]:
    return [item.remote_id for item in listed(session)]


def new_ids(session: SourceSession, *, cursor: int, rescan: int = 0) -> list[int]:
    assert is_numbered(session)
    return [int(item.remote_id) for item in session.list_new(cursor=cursor, rescan=rescan)]


def flags(stored: StoredMail) -> set[str]:
    """The flags that mean something: \\Recent is the server's own and gone in RFC 9051."""
    return set(stored.flags - {"\\Recent"})


def read_all(source: Source) -> list[bytes | None]:
    with source.open() as session:
        results = list(session.fetch(listed(session), max_bytes=MB))
    for result in results:
        if result.error is not None:
            raise result.error
    return [result.content for result in results]


def error_of(attempt: object) -> ConnectorError:
    assert isinstance(attempt, ConnectorError)
    return attempt


# Reading.


@pytest.mark.req("S1.17", "F37")
def test_every_mail_is_listed_once_and_comes_byte_for_byte(world: SourceWorld) -> None:
    mails = [mail(n, b"\xe9\xff " + b"x" * (n * 37)) for n in range(1, 131)]
    for raw in mails:
        world.deliver(raw)
    with world.source().open() as session:
        items = listed(session)
        contents = [fetched.content for fetched in session.fetch(items, max_bytes=MB)]
    assert [item.size_bytes for item in items] == [len(raw) for raw in mails]
    assert contents == mails


@marking
@pytest.mark.req("F36")
def test_reading_marks_nothing(world: SourceWorld) -> None:
    world.deliver(mail())
    with world.source().open() as session:
        items = list(session.list_all(since=None))
        list(session.fetch(items, max_bytes=MB))
        session.fetch_headers([items[0].remote_id])
    assert [flags(stored) for stored in world.messages()] == [set()]


@pytest.mark.req("F36", "S5.79")
def test_mail_that_was_read_elsewhere_is_listed_alike(world: SourceWorld) -> None:
    world.deliver(mail(1))
    world.deliver(mail(2))
    with world.source().open() as session:
        before = ids(session)
    world.read()
    with world.source().open() as session:
        assert ids(session) == before


@pytest.mark.req("F43")
def test_the_same_mail_twice_is_two_messages(world: SourceWorld) -> None:
    world.deliver(mail(1))
    world.deliver(mail(1))
    with world.source().open() as session:
        assert len(set(ids(session))) == 2
    assert read_all(world.source()) == [mail(1), mail(1)]


@pytest.mark.req("F39", "F49")
def test_ids_hold_from_session_to_session_until_the_folder_is_made_anew(world: SourceWorld) -> None:
    def seen() -> list[tuple[str, str]]:
        with world.source().open() as session:
            return [(session.state.epoch, remote_id) for remote_id in ids(session)]

    for n in (1, 2):
        world.deliver(mail(n))
    before = seen()
    assert seen() == before
    world.deliver(mail(3))
    assert seen()[:2] == before
    world.reset()
    assert set(seen()).isdisjoint(before)
    assert read_all(world.source()) == [mail(1), mail(2), mail(3)]


def test_a_session_that_is_given_up_has_changed_nothing(world: SourceWorld) -> None:
    class Killed(Exception):
        pass

    world.deliver(mail(1))
    with suppress(Killed), world.source().open(writable=True) as session:
        before = listed(session)
        list(session.fetch(before, max_bytes=MB))
        raise Killed
    with world.source().open(writable=True) as session:
        assert listed(session) == before


@dated
@pytest.mark.req("S1.34")
def test_a_start_date_leaves_out_what_came_before(world: SourceWorld) -> None:
    world.deliver(mail())
    now = datetime.datetime.now(datetime.UTC)
    with world.source().open() as session:
        assert len(list(session.list_all(since=now - datetime.timedelta(hours=1)))) == 1
        assert list(session.list_all(since=now + datetime.timedelta(hours=1))) == []


@pytest.mark.req("S1.34", "S2.45")
@pytest.mark.parametrize("days", [-40, -1, 0, 1, 3])
def test_a_start_date_counts_what_it_lets_in_unless_no_mail_tells_its_date(world: SourceWorld, days: int) -> None:
    since = datetime.datetime.now(datetime.UTC).replace(microsecond=0) + datetime.timedelta(days=days)
    for n in range(3):
        world.deliver(mail(n))
    with world.source().open() as session:
        let_in = len(list(session.list_all(since=since)))
        assert session.count_since(since) == (None if session.order is Order.NONE else let_in)


@pytest.mark.req("S2.45")
def test_an_empty_folder_lists_nothing(world: SourceWorld) -> None:
    with world.source().open() as session:
        assert ids(session) == []
        assert session.state.count == 0
        assert list(session.fetch([], max_bytes=MB)) == []
        assert session.fetch_headers([]) == {}


@fingerprinted
def test_the_fingerprint_changes_when_mail_comes_and_only_then(world: SourceWorld) -> None:
    def fingerprint() -> str:
        with world.source().open() as session:
            return session.state.fingerprint

    world.deliver(mail(1))
    fingerprint()  # the server's first look at a mail may change what it says of the folder
    before = fingerprint()
    assert before
    assert fingerprint() == before
    world.deliver(mail(2))
    assert fingerprint() != before


@pytest.mark.req("F23", "F26")
def test_a_mail_above_the_limit_is_not_downloaded_and_the_others_are(world: SourceWorld) -> None:
    world.deliver(mail(1))
    world.deliver(mail(2, b"x" * 20_000))
    world.deliver(mail(3))
    with world.source().open() as session:
        items = listed(session)
        honest = list(session.fetch(items, max_bytes=10_000))
        unknown = list(session.fetch([replace(item, size_bytes=None) for item in items], max_bytes=10_000))
        lying = list(session.fetch([replace(item, size_bytes=9) for item in items], max_bytes=10_000))
    for results in (honest, unknown, lying):
        assert [fetched.content for fetched in results] == [mail(1), None, mail(3)]
        assert error_of(results[1].error).reason is Reason.TOO_LARGE


def test_a_mail_that_was_removed_meanwhile_is_gone_and_the_others_come(world: SourceWorld) -> None:
    for n in (1, 2, 3):
        world.deliver(mail(n))
    with world.source().open() as session:
        items = listed(session)
        with world.source().open(writable=True) as other:
            other.acknowledge([items[1].remote_id], action=AfterImport.DELETE)
        at_once = list(session.fetch(items, max_bytes=MB))
        headers = session.fetch_headers([item.remote_id for item in items])
    with world.source().open() as session:
        later = list(session.fetch(items, max_bytes=MB))
    assert set(headers) == {items[0].remote_id, items[2].remote_id}
    for results in (at_once, later):
        assert [fetched.content for fetched in results] == [mail(1), None, mail(3)]
    # A session that cannot look again says that it failed for now.
    assert error_of(at_once[1].error).reason in (Reason.MESSAGE_GONE, Reason.MESSAGE_UNREADABLE)
    assert error_of(later[1].error).reason is Reason.MESSAGE_GONE


def test_header_blocks_come_without_bodies_and_cut_at_256_kb(world: SourceWorld) -> None:
    world.deliver(mail(1, b"body"))
    world.deliver(b"X-Long: " + b"y" * 300_000 + b"\r\n\r\nbody\r\n")
    with world.source().open() as session:
        remote_ids = ids(session)
        blocks = session.fetch_headers([*remote_ids, "4000000000", "nonsense"])
    assert b"Message-ID: <m1@x.example>" in blocks[remote_ids[0]]
    assert b"body" not in blocks[remote_ids[0]]
    assert len(blocks[remote_ids[1]]) == 256 * 1024
    assert len(blocks) == 2


# After the import.


ACTIONS = [(kind, action) for kind in SOURCE_WORLDS for action in sorted(traits(kind).after_import)]
IMPOSSIBLE = [
    (kind, action) for kind in SOURCE_WORLDS for action in AfterImport if action not in traits(kind).after_import
]


@pytest.mark.req("F33")
@pytest.mark.parametrize(("world", "action"), ACTIONS, indirect=["world"])
def test_acknowledging_twice_is_harmless_and_touches_nothing_else(world: SourceWorld, action: AfterImport) -> None:
    for n in (1, 2, 3):
        world.deliver(mail(n))
    with world.source().open(writable=True) as session:
        chosen = ids(session)[1:2]
        for _ in range(2):
            assert session.acknowledge(chosen, action=action, folder="Archive") == {chosen[0]: None}
        left = [(stored.raw, "\\Seen" in stored.flags) for stored in world.messages()]
    second = [] if action in (AfterImport.MOVE, AfterImport.DELETE) else [(mail(2), action is AfterImport.SEEN)]
    assert left == [(mail(1), False), *second, (mail(3), False)]


@pytest.mark.req("F33", "F48")
@pytest.mark.parametrize(("world", "action"), ACTIONS, indirect=["world"])
def test_an_acknowledgement_that_fails_loses_nothing_and_is_made_again(
    world: SourceWorld, tcp_proxy: Proxies, action: AfterImport
) -> None:
    for n in (1, 2):
        world.deliver(mail(n))
    proxy = tcp_proxy(world.port)
    with suppress(ConnectorError), world.source(port=proxy.port, timeouts=QUICK).open(writable=True) as session:
        [chosen, _] = ids(session)
        proxy.fail("cut")
        with suppress(ConnectorError):
            assert set(session.acknowledge([chosen], action=action, folder="Archive")) == {chosen}
    assert mail(2) in [stored.raw for stored in world.messages()]
    with world.source().open(writable=True) as session:
        assert session.acknowledge([chosen], action=action, folder="Archive") == {chosen: None}
    assert (mail(1) in [stored.raw for stored in world.messages()]) == (action in (AfterImport.LEAVE, AfterImport.SEEN))


@pytest.mark.parametrize(("world", "action"), IMPOSSIBLE, indirect=["world"])
def test_what_a_kind_cannot_do_is_an_error_and_changes_nothing(world: SourceWorld, action: AfterImport) -> None:
    world.deliver(mail(1))
    with world.source().open(writable=True) as session:
        [remote_id] = ids(session)
        [error] = session.acknowledge([remote_id], action=action, folder="Archive").values()
        assert error_of(error).permanent
    assert [flags(stored) for stored in world.messages()] == [set()]


def test_a_session_for_reading_removes_nothing(world: SourceWorld) -> None:
    world.deliver(mail(1))
    with world.source().open() as session, pytest.raises(ConnectorError) as error:
        session.acknowledge(ids(session), action=AfterImport.DELETE)
    assert (error.value.reason, error.value.permanent) == (Reason.FOLDER_READ_ONLY, True)
    assert len(world.messages()) == 1


# Trouble.


def test_a_wrong_password_is_refused_for_good(world: SourceWorld) -> None:
    with pytest.raises(ConnectorError) as error, world.source(password="wrong").open():
        pass
    assert (error.value.reason, error.value.permanent) == (Reason.LOGIN_REFUSED, True)


@pytest.mark.req("F67")
def test_a_server_that_asks_to_wait_says_for_how_long(world: SourceWorld) -> None:
    with world.throttling() as source, pytest.raises(ConnectorError) as error, source.open():
        pass
    assert (error.value.reason, error.value.permanent) == (Reason.THROTTLED, False)
    assert error.value.retry_after_s == 7


@pytest.mark.req("F69")
def test_a_server_that_is_down_is_unreachable_for_now(world: SourceWorld) -> None:
    world.stop()
    with pytest.raises(ConnectorError) as error, world.source().open():
        pass
    assert (error.value.reason, error.value.permanent) == (Reason.UNREACHABLE, False)


@pytest.mark.req("F69")
def test_a_restart_between_two_mails_loses_and_doubles_nothing(world: SourceWorld) -> None:
    mails = [mail(n, b"x" * 1_200_000) for n in range(1, 9)]
    for raw in mails:
        world.deliver(raw)
    order: list[str] = []
    got: dict[str, bytes | None] = {}
    for _session in range(10):  # a server that has just come back may hang up once more
        with suppress(ConnectorError), world.source().open() as session:
            order = ids(session)
            missing = [item for item in listed(session) if item.remote_id not in got]
            for fetched in session.fetch(missing, max_bytes=2 * MB):
                assert fetched.error is None
                got[fetched.remote_id] = fetched.content
                if len(got) == 3:
                    world.restart()
    assert [got[remote_id] for remote_id in order] == mails


@pytest.mark.req("F69")
def test_a_server_that_goes_away_in_the_middle_is_connection_trouble_and_not_the_mails_fault(
    world: SourceWorld,
) -> None:
    for n in range(1, 9):
        world.deliver(mail(n, b"x" * 1_200_000))
    with world.source().open() as session:
        coming = session.fetch(listed(session), max_bytes=2 * MB)
        first = [next(coming) for _ in range(2)]
        world.stop()
        with pytest.raises(ConnectorError) as error:
            first.extend(coming)
    assert (error.value.reason, error.value.permanent) == (Reason.CONNECTION_LOST, False)
    assert [fetched.error for fetched in first] == [None] * len(first)


@pytest.mark.req("F69")
@pytest.mark.parametrize("kind", ["cut", "stall", "garbage"])
@pytest.mark.parametrize("after_bytes", [0, 30, 3_000, 20_000])
def test_a_broken_line_is_an_error_that_may_pass(
    world: SourceWorld, tcp_proxy: Proxies, kind: str, after_bytes: int
) -> None:
    for n in range(1, 4):
        world.deliver(mail(n, b"x" * 20_000))
    proxy = tcp_proxy(world.port)
    proxy.fail(kind, after_bytes=after_bytes)  # type: ignore[arg-type]  # one of the literals
    with pytest.raises(ConnectorError) as error:
        read_all(world.source(port=proxy.port, timeouts=QUICK))
    assert not error.value.permanent
    proxy.heal()
    assert len(read_all(world.source(port=proxy.port))) == 3


@pytest.mark.req("F28")
def test_a_slow_line_is_not_a_stalled_one(world: SourceWorld, tcp_proxy: Proxies) -> None:
    world.deliver(mail(1, b"x" * 1_000_000))
    proxy = tcp_proxy(world.port)
    proxy.slow_down(0.02)  # for each 16 kB: longer in all than the read timeout
    with world.source(port=proxy.port, timeouts=QUICK).open() as session:
        [fetched] = session.fetch(listed(session), max_bytes=2 * MB)
    assert fetched.error is None


# Kinds whose ids are numbers.


@numbered
@pytest.mark.req("S1.15")
def test_the_cursor_and_the_window_before_it_bound_the_listing(world: SourceWorld) -> None:
    for n in range(1, 11):
        world.deliver(mail(n))
    with world.source().open() as session:
        assert is_numbered(session)
        everything = [int(remote_id) for remote_id in ids(session)]
        assert new_ids(session, cursor=everything[6]) == everything[7:]
        assert new_ids(session, cursor=everything[6], rescan=3) == everything[4:]
        assert new_ids(session, cursor=everything[-1]) == []
        assert list(session.list_ids()) == everything


# Kinds that move mail, and those that have folders.


@moving
@pytest.mark.req("F47")
def test_moving_to_a_folder_that_is_missing_is_an_error_and_loses_nothing(world: SourceWorld) -> None:
    world.deliver(mail(1))
    with world.source().open(writable=True) as session:
        [remote_id] = ids(session)
        error = error_of(session.acknowledge([remote_id], action=AfterImport.MOVE, folder="Nowhere")[remote_id])
        assert (error.reason, error.permanent) == (Reason.FOLDER_NOT_FOUND, True)
        assert ids(session) == [remote_id]
    assert [flags(stored) for stored in world.messages()] == [set()]


@moving
@pytest.mark.req("F33", "F46")
def test_moving_twice_leaves_one_message_in_the_folder(world: SourceWorld) -> None:
    world.deliver(mail(1))
    with world.source().open(writable=True) as session:
        [remote_id] = ids(session)
        for _ in range(2):
            assert session.acknowledge([remote_id], action=AfterImport.MOVE, folder="Archive") == {remote_id: None}
    assert [stored.raw for stored in world.messages("Archive")] == [mail(1)]


@with_folders
def test_a_folder_that_is_missing_is_not_found(world: SourceWorld) -> None:
    with pytest.raises(ConnectorError) as error, world.source(folder="Nowhere").open():
        pass
    assert (error.value.reason, error.value.permanent) == (Reason.FOLDER_NOT_FOUND, True)


@with_folders
def test_folders_are_listed_with_their_use(world: SourceWorld) -> None:
    world.deliver(mail(), folder="Aufträge/Grün & Blau")
    folders = {folder.name: folder.special_use for folder in world.source().folders()}
    assert folders["INBOX"] == ""
    assert folders["Sent"] == "sent"
    assert folders["Junk"] == "junk"
    assert "Aufträge/Grün & Blau" in folders
    with world.source(folder="Aufträge/Grün & Blau").open() as session:
        assert len(ids(session)) == 1


# Kinds that have a Sent folder, and those that have none.


@kinds(lambda traits: traits.has_sent and traits.files_sent)
@pytest.mark.req("F108")
def test_a_sent_copy_is_filed_once_and_found_again(world: SourceWorld) -> None:
    source = world.source()
    assert not source.find_in_sent("m1@x.example")
    names = {source.file_sent(mail(1)) for _ in range(2)}
    assert len(names) == 1
    [stored] = world.messages(names.pop())
    assert stored.raw == mail(1)
    assert "\\Seen" in stored.flags
    assert source.find_in_sent("m1@x.example")
    assert not source.find_in_sent("1@x.example")


@kinds(lambda traits: not traits.files_sent)
@pytest.mark.req("F108")
def test_where_nothing_can_be_filed_a_copy_is_found_and_a_missing_one_said(world: SourceWorld) -> None:
    source = world.source()
    with pytest.raises(ConnectorError) as error:
        source.file_sent(mail(1))
    assert (error.value.reason, error.value.permanent) == (Reason.CANNOT_FILE, True)
    assert not source.find_in_sent("m1@x.example")
    world.deliver(mail(1), folder="Sent")
    assert source.find_in_sent("m1@x.example")
    assert source.file_sent(mail(1)) == "Sent"


@with_sent
def test_a_folder_that_is_missing_holds_no_sent_copy(world: SourceWorld) -> None:
    with pytest.raises(ConnectorError) as error:
        world.source().find_in_sent("m1@x.example", folder="Nowhere")
    assert error.value.reason is Reason.FOLDER_NOT_FOUND


@kinds(lambda traits: not traits.has_sent)
@pytest.mark.req("F108")
def test_without_a_sent_folder_nothing_is_filed_and_nothing_proven(world: SourceWorld) -> None:
    source = world.source()
    assert not source.find_in_sent("m1@x.example")
    with pytest.raises(ConnectorError) as error:
        source.file_sent(mail(1))
    assert (error.value.reason, error.value.permanent) == (Reason.FOLDER_NOT_FOUND, True)
    assert [folder.name for folder in source.folders()] == ["INBOX"]
