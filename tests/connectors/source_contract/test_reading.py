"""Fetching: every mail byte for byte, and nothing changed by it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from mailboxes.connectors.base import AfterImport
from mailboxes.connectors.errors import Reason
from tests.connectors.source_contract.asking import MB, error_of, flags, ids, listed, mail, marking, read_all
from tests.connectors.worlds import SourceWorld

pytestmark = pytest.mark.servers


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


@pytest.mark.req("F43")
def test_the_same_mail_twice_is_two_messages(world: SourceWorld) -> None:
    world.deliver(mail(1))
    world.deliver(mail(1))
    with world.source().open() as session:
        assert len(set(ids(session))) == 2
    assert read_all(world.source()) == [mail(1), mail(1)]


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
