"""Listing: what a session shows of a folder, and what narrows it."""

from __future__ import annotations

import datetime

import pytest

from mailboxes.connectors.base import Order, is_numbered
from tests.connectors.source_contract.asking import MB, dated, fingerprinted, ids, mail, new_ids, numbered, read_all
from tests.connectors.worlds import SourceWorld

pytestmark = pytest.mark.servers


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


@pytest.mark.req("F36", "S5.79")
def test_mail_that_was_read_elsewhere_is_listed_alike(world: SourceWorld) -> None:
    world.deliver(mail(1))
    world.deliver(mail(2))
    with world.source().open() as session:
        before = ids(session)
    world.read()
    with world.source().open() as session:
        assert ids(session) == before


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
