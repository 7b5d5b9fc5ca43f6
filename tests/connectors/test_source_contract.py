"""What every source does, whatever its protocol, shown against a real server. A kind joins by a row in `worlds`."""

from __future__ import annotations

import datetime
import hashlib
from contextlib import suppress
from dataclasses import replace

import pytest

from mailboxes.connectors.base import AfterImport, Source, SourceSession
from mailboxes.connectors.config import Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from tests.connectors.worlds import SOURCE_WORLDS, SourceWorld
from tests.servers.dovecot import Dovecot, StoredMail
from tests.servers.fixtures import Proxies

pytestmark = pytest.mark.servers

QUICK = Timeouts(connect_s=5, read_s=1)
MB = 1024 * 1024


@pytest.fixture(params=SOURCE_WORLDS)
def world(request: pytest.FixtureRequest, dovecot: Dovecot) -> SourceWorld:
    """A server with an empty account that no other test uses."""
    name = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]
    return SOURCE_WORLDS[request.param](dovecot, f"{name}@fernhollow.example")


def mail(number: int = 1, text: bytes = b"hello") -> bytes:
    return b"Message-ID: <m%d@x.example>\r\nSubject: number %d\r\n\r\n%s\r\n" % (number, number, text)


def ids(session: SourceSession, *, cursor: int = 0, rescan: int = 0) -> list[str]:
    return [item.remote_id for item in session.list_new(cursor=cursor, rescan=rescan)]


def flags(stored: StoredMail) -> set[str]:
    """The flags that mean something: \\Recent is the server's own and gone in RFC 9051."""
    return set(stored.flags - {"\\Recent"})


def read_all(source: Source) -> list[bytes | None]:
    with source.open() as session:
        results = list(session.fetch(list(session.list_new(cursor=0, rescan=0)), max_bytes=MB))
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
        items = list(session.list_new(cursor=0, rescan=500))
        contents = [fetched.content for fetched in session.fetch(items, max_bytes=MB)]
    assert [item.size_bytes for item in items] == [len(raw) for raw in mails]
    assert contents == mails


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
    world.deliver(mail())
    with world.source().open(writable=True) as session:
        before = ids(session)
        session.acknowledge(before, action=AfterImport.SEEN)
        assert ids(session) == before


@pytest.mark.req("S1.15")
def test_the_cursor_and_the_window_before_it_bound_the_listing(world: SourceWorld) -> None:
    for n in range(1, 11):
        world.deliver(mail(n))
    with world.source().open() as session:
        everything = [int(remote_id) for remote_id in ids(session)]
        assert [int(i) for i in ids(session, cursor=everything[6])] == everything[7:]
        assert [int(i) for i in ids(session, cursor=everything[6], rescan=3)] == everything[4:]
        assert ids(session, cursor=everything[-1]) == []
        assert list(session.list_ids()) == everything


@pytest.mark.req("S1.34")
def test_a_start_date_leaves_out_what_came_before(world: SourceWorld) -> None:
    world.deliver(mail())
    now = datetime.datetime.now(datetime.UTC)
    with world.source().open() as session:
        assert len(list(session.list_all(since=now - datetime.timedelta(hours=1)))) == 1
        assert list(session.list_all(since=now + datetime.timedelta(hours=1))) == []


def test_an_empty_folder_lists_nothing(world: SourceWorld) -> None:
    with world.source().open() as session:
        assert ids(session) == []
        assert list(session.list_all(since=None)) == []
        assert list(session.list_ids()) == []
        assert session.state.count == 0


def test_the_fingerprint_changes_when_mail_comes_and_only_then(world: SourceWorld) -> None:
    def fingerprint() -> str:
        with world.source().open() as session:
            return session.state.fingerprint

    world.deliver(mail(1))
    with world.source().open() as session:
        list(session.list_ids())
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
        items = list(session.list_new(cursor=0, rescan=0))
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
        items = list(session.list_new(cursor=0, rescan=0))
        with world.source().open(writable=True) as other:
            other.acknowledge([items[1].remote_id], action=AfterImport.DELETE)
        results = list(session.fetch(items, max_bytes=MB))
        assert set(session.fetch_headers([item.remote_id for item in items])) == {
            items[0].remote_id,
            items[2].remote_id,
        }
    assert [fetched.content for fetched in results] == [mail(1), None, mail(3)]
    assert error_of(results[1].error).reason is Reason.MESSAGE_GONE


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


@pytest.mark.req("F33")
@pytest.mark.parametrize("action", list(AfterImport))
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
    assert len(world.messages("Archive")) == (1 if action is AfterImport.MOVE else 0)


@pytest.mark.req("F47")
def test_moving_to_a_folder_that_is_missing_is_an_error_and_loses_nothing(world: SourceWorld) -> None:
    world.deliver(mail(1))
    with world.source().open(writable=True) as session:
        [remote_id] = ids(session)
        error = error_of(session.acknowledge([remote_id], action=AfterImport.MOVE, folder="Nowhere")[remote_id])
        assert (error.reason, error.permanent) == (Reason.FOLDER_NOT_FOUND, True)
        assert ids(session) == [remote_id]
    assert [flags(stored) for stored in world.messages()] == [set()]


# Trouble.


def test_a_wrong_password_is_refused_for_good(world: SourceWorld) -> None:
    with pytest.raises(ConnectorError) as error, world.source(password="wrong").open():
        pass
    assert (error.value.reason, error.value.permanent) == (Reason.LOGIN_REFUSED, True)


def test_a_folder_that_is_missing_is_not_found(world: SourceWorld) -> None:
    with pytest.raises(ConnectorError) as error, world.source(folder="Nowhere").open():
        pass
    assert (error.value.reason, error.value.permanent) == (Reason.FOLDER_NOT_FOUND, True)


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
    got: dict[str, bytes | None] = {}
    for _session in range(10):  # a server that has just come back may hang up once more
        with suppress(ConnectorError), world.source().open() as session:
            missing = [item for item in session.list_new(cursor=0, rescan=0) if item.remote_id not in got]
            for fetched in session.fetch(missing, max_bytes=2 * MB):
                assert fetched.error is None
                got[fetched.remote_id] = fetched.content
                if len(got) == 3:
                    world.restart()
    assert [got[remote_id] for remote_id in sorted(got, key=int)] == mails


@pytest.mark.req("F69")
def test_a_server_that_goes_away_in_the_middle_is_connection_trouble_and_not_the_mails_fault(
    world: SourceWorld,
) -> None:
    for n in range(1, 9):
        world.deliver(mail(n, b"x" * 1_200_000))
    with world.source().open() as session:
        coming = session.fetch(list(session.list_new(cursor=0, rescan=0)), max_bytes=2 * MB)
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
        [fetched] = session.fetch(list(session.list_new(cursor=0, rescan=0)), max_bytes=2 * MB)
    assert fetched.error is None


# The Sent folder.


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


def test_a_folder_that_is_missing_holds_no_sent_copy(world: SourceWorld) -> None:
    with pytest.raises(ConnectorError) as error:
        world.source().find_in_sent("m1@x.example", folder="Nowhere")
    assert error.value.reason is Reason.FOLDER_NOT_FOUND


def test_folders_are_listed_with_their_use(world: SourceWorld) -> None:
    world.deliver(mail(), folder="Aufträge/Grün & Blau")
    folders = {folder.name: folder.special_use for folder in world.source().folders()}
    assert folders["INBOX"] == ""
    assert folders["Sent"] == "sent"
    assert folders["Junk"] == "junk"
    assert "Aufträge/Grün & Blau" in folders
    with world.source(folder="Aufträge/Grün & Blau").open() as session:
        assert len(ids(session)) == 1
