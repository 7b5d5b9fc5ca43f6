"""What every source does that is listed by date, beyond the contract: dates, pages, and the folders of a tree.

What only one of them has stands in test_graph_reading and test_ews_reading.
"""

from __future__ import annotations

import datetime as dt

import pytest

from mailboxes.connectors.base import AfterImport
from tests.connectors.dated_reading import NINE, USER, DatedWorld, listed, mail
from tests.connectors.ews_worlds import ews_world
from tests.connectors.graph_worlds import graph_world


@pytest.fixture(params=["graph", "ews"])
def world(request: pytest.FixtureRequest) -> DatedWorld:
    """A user with an empty mailbox, of each kind."""
    made: DatedWorld = {"graph": graph_world, "ews": ews_world}[request.param](
        request.getfixturevalue(request.param), USER
    )
    return made


@pytest.mark.req("S1.33", "S1.35")
def test_mails_of_one_second_and_pages_smaller_than_it_are_listed_once_each(world: DatedWorld) -> None:
    for number in range(1, 8):
        world.mailbox.deliver(mail(number), received_at=NINE)
    world.mailbox.deliver(mail(8), received_at=NINE + dt.timedelta(seconds=1))
    world.fake.page_size = 3
    with world.source().open() as session:
        items = listed(session, NINE)
    assert len({item.remote_id for item in items}) == len(items) == 8


@pytest.mark.req("S1.34")
def test_what_came_before_the_date_is_not_listed_and_what_came_at_it_is(world: DatedWorld) -> None:
    for number, seconds in ((1, -1), (2, 0), (3, 1)):
        world.mailbox.deliver(mail(number), received_at=NINE + dt.timedelta(seconds=seconds))
    with world.source().open() as session:
        dates = [item.received_at for item in listed(session, NINE)]
    assert dates == [NINE, NINE + dt.timedelta(seconds=1)]


def test_a_mail_that_is_moved_away_between_two_pages_hides_no_other(world: DatedWorld) -> None:
    for number in range(1, 10):
        world.mailbox.deliver(mail(number), received_at=NINE + dt.timedelta(seconds=number))
    world.fake.page_size = 3
    with world.source().open() as session:
        coming = session.list_all(since=NINE)
        first = [next(coming) for _ in range(3)]
        for item in world.mailbox.items[:2]:
            world.mailbox.move(item, world.mailbox.well_known["archive"])
        rest = list(coming)
    assert len({item.remote_id for item in [*first, *rest]}) == 9


@pytest.mark.req("S1.25")
@pytest.mark.parametrize("typed", ["Inbox", "INBOX", "inbox"])
def test_inbox_is_the_inbox_in_a_mailbox_of_another_language(world: DatedWorld, typed: str) -> None:
    world.mailbox.deliver(mail())
    with world.source(folder=typed).open() as session:
        assert session.state.count == 1
        assert len(listed(session)) == 1


def test_a_folder_is_found_by_its_path_in_any_case_and_with_a_slash_in_its_name(world: DatedWorld) -> None:
    child = world.mailbox.make("INBOX/Support/child")
    child.name = "Open/Waiting"
    world.mailbox.deliver(mail()).folder = child
    with world.source(folder="inbox/SUPPORT/Open/Waiting").open() as session:
        assert len(listed(session)) == 1


def test_the_tree_names_every_folder_by_its_path(world: DatedWorld) -> None:
    world.mailbox.make("INBOX/Support/Urgent")
    for number in range(12):
        world.mailbox.make(f"Projects/P{number}")
    world.fake.page_size = 5
    folders = {folder.name: folder.special_use for folder in world.source().folders()}
    assert {"INBOX", "INBOX/Support", "INBOX/Support/Urgent", "Projects/P11"} <= set(folders)
    assert (folders["Sent"], folders["Gelöschte Elemente"]) == ("sent", "trash")


def test_a_folder_made_anew_under_its_name_is_another_epoch(world: DatedWorld) -> None:
    folder = world.mailbox.make("Orders")
    with world.source(folder="Orders").open() as session:
        before = session.state.epoch
    world.mailbox.remove(folder)
    world.mailbox.make("Orders")
    with world.source(folder="Orders").open() as session:
        assert session.state.epoch not in ("", before)


def test_deleting_moves_to_deleted_items_however_often_it_is_asked(world: DatedWorld) -> None:
    item = world.mailbox.deliver(mail())
    with world.source().open(writable=True) as session:
        remote_id = listed(session)[0].remote_id
        for _ in range(3):
            assert session.acknowledge([remote_id], action=AfterImport.DELETE) == {remote_id: None}
    assert item.folder is world.mailbox.well_known["deleteditems"]


def test_a_mail_that_a_person_took_out_of_the_folder_is_left_where_it_is(world: DatedWorld) -> None:
    item = world.mailbox.deliver(mail())
    elsewhere = world.mailbox.make("Mine")
    world.mailbox.make("Done")
    with world.source().open(writable=True) as session:
        remote_id = listed(session)[0].remote_id
        world.mailbox.move(item, elsewhere)
        assert session.acknowledge([remote_id], action=AfterImport.MOVE, folder="Done") == {remote_id: None}
    assert item.folder is elsewhere
