"""Polling mailboxes of the kinds that are listed by date into ledger and storage, whatever dies on the way.

What only one of them has stands in test_graph_polling and test_ews_polling.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock, files
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Health
from tests.connectors.ews_worlds import busy
from tests.deaths import dies_at
from tests.fakes.graph import BLOCKED, graph_error, throttled
from tests.fakes.https import Answer, Fault
from tests.mailboxes.account import mail
from tests.mailboxes.dated import DatedAccount

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture(params=["graph", "ews"])
def account(request: pytest.FixtureRequest) -> DatedAccount:
    """An empty mailbox at the fake of each kind."""
    made: DatedAccount = request.getfixturevalue(f"{request.param}_account")
    return made


@pytest.mark.req("S1.32", "S1.33", "S1.35")
def test_mail_is_stored_once_however_often_it_is_listed(account: DatedAccount) -> None:
    account.connect()
    account.put(1, 2)
    account.poll()
    account.put(3)
    for _ in range(3):
        account.poll()
    assert account.stored() == [mail(1), mail(2), mail(3)]


@pytest.mark.req("S1.34")
def test_mail_from_before_the_mailbox_was_connected_is_left_alone(account: DatedAccount) -> None:
    account.put(1, at=clock.now() - timedelta(days=2))
    account.connect()
    account.put(2)
    account.poll()
    assert account.stored() == [mail(2)]


def test_a_mail_that_is_moved_in_with_an_old_date_comes_with_the_wide_look(account: DatedAccount) -> None:
    account.connect()
    account.set(connected_at=clock.now() - timedelta(days=10))
    account.put(1)
    account.poll()
    account.put(2, at=clock.now() - timedelta(days=3))
    account.poll()
    assert account.stored() == [mail(1)]
    account.set(reconciled_at=None)
    account.poll()
    assert account.stored() == [mail(1), mail(2)]


@pytest.mark.req("F56")
def test_a_listing_that_begins_anew_loses_and_doubles_nothing(account: DatedAccount) -> None:
    account.connect()
    account.put(1, 2)
    account.poll()
    account.put(3)
    account.set(watermark_at=None, reconciled_at=None, fingerprint="")
    account.poll()
    assert account.stored() == [mail(1), mail(2), mail(3)]


def test_a_folder_made_anew_brings_no_mail_a_second_time(account: DatedAccount) -> None:
    account.connect()
    account.put(1, 2)
    account.poll()
    account.box.make_anew(account.box.well_known["inbox"])
    account.put(3)
    account.poll()
    assert account.raw_count() == 3
    assert [row.outcome for row in account.sightings()][2:] == ["duplicate", "duplicate", "pending"]


def test_a_mail_above_the_limit_comes_with_its_headers_alone(account: DatedAccount) -> None:
    account.connect(max_message_bytes=2000)
    account.box.deliver(mail(1, body="x" * 5000))
    account.put(2)
    account.poll()
    large, small = account.sightings()
    assert large.raw is not None
    assert large.raw.is_header_only
    assert b"Subject: Mail 1" in files.read(large.raw.storage_key)
    assert small.raw is not None
    assert files.read(small.raw.storage_key) == mail(2)


@pytest.mark.parametrize("after_import", ["seen", "move", "delete"])
def test_what_is_done_after_the_import_is_done_once_our_copy_is_safe(account: DatedAccount, after_import: str) -> None:
    account.box.make("Done")
    account.connect(after_import=after_import, after_import_folder="Done" if after_import == "move" else "")
    account.put(1)
    account.poll()
    account.poll()
    [item] = account.box.items
    folder = {"seen": "Posteingang", "move": "Done", "delete": "Gelöschte Elemente"}[after_import]
    assert (item.folder.name, item.is_read) == (folder, after_import == "seen")
    assert account.stored() == [mail(1)]


@pytest.mark.req("F33")
@pytest.mark.parametrize(
    "point",
    [
        "poll.opened",
        "poll.sighted",
        "poll.listed",
        "poll.counted",
        "poll.fetched",
        "poll.files_durable",
        "poll.after_store",
        "poll.before_acknowledge",
        "poll.after_acknowledge",
        "poll.before_success",
    ],
)
def test_a_poll_that_dies_anywhere_loses_and_doubles_nothing(account: DatedAccount, point: str) -> None:
    account.box.make("Done")
    account.connect(after_import="move", after_import_folder="Done")
    account.put(1, 2, 3)
    with dies_at(point):
        account.poll()
    for _ in range(2):
        WorkItem.objects.update(leased_until=None, due_at=clock.now())
        account.poll()
    assert account.raw_count() == 3
    assert sorted(account.stored()) == [mail(1), mail(2), mail(3)]
    assert {item.folder.name for item in account.box.items} == {"Done"}


@pytest.mark.parametrize(
    ("account", "fault", "health", "reason"),
    [
        ("graph", throttled(900), Health.THROTTLED, "throttled"),
        ("graph", throttled(), Health.THROTTLED, "throttled"),
        ("graph", graph_error(403, "ErrorAccessDenied", BLOCKED), Health.UNREACHABLE, "access_blocked"),
        ("graph", graph_error(404, "MailboxNotEnabledForRESTAPI"), Health.UNREACHABLE, "mailbox_not_enabled"),
        ("graph", graph_error(503, "ServiceUnavailable"), Health.UNREACHABLE, "server_error"),
        ("graph", Fault.CUT, Health.UNREACHABLE, "connection_lost"),
        ("ews", busy(900_000), Health.THROTTLED, "throttled"),
        ("ews", busy(), Health.THROTTLED, "throttled"),
        ("ews", Answer(status=403), Health.UNREACHABLE, "login_disabled"),
        ("ews", Answer(status=503), Health.UNREACHABLE, "server_error"),
        ("ews", Fault.CUT, Health.UNREACHABLE, "connection_lost"),
    ],
    indirect=["account"],
)
@pytest.mark.req("F67")
def test_trouble_stands_on_the_mailbox_and_is_over_with_the_next_success(
    account: DatedAccount, fault: Any, health: Health, reason: str
) -> None:
    account.connect()
    account.put(1)
    account.next(fault)
    account.poll()
    mailbox = account.mailbox()
    assert (mailbox.health, mailbox.error_reason) == (health, reason)
    assert account.stored() == []
    account.poll()
    assert (account.mailbox().health, account.stored()) == (Health.REACHABLE, [mail(1)])


@pytest.mark.req("F67")
def test_a_mailbox_is_left_alone_as_long_as_the_server_asks(account: DatedAccount) -> None:
    account.connect()
    account.asks_to_wait(3000)
    account.poll()
    with organization_scope(account.organization.id):
        assert WorkItem.objects.get(kind=WorkKind.POLL).due_at > clock.now() + timedelta(seconds=2900)
