"""Polling a mailbox of Microsoft 365 from the fake of Graph into ledger and storage, whatever dies on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from helpdesk.lib import clock, faults, files
from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.graph_client import segment
from mailboxes.models import Health, Mailbox
from tests.fakes.graph import BLOCKED, FakeGraph, graph_error, throttled
from tests.fakes.graph_mailbox import FakeMailbox
from tests.fakes.https import Fault
from tests.mailboxes.account import Polled, mail
from tests.mailboxes.graph import make_graph_mailbox, make_registration, point_at
from tests.servers.certificates import CertificateAuthority

pytestmark = [pytest.mark.django_db, pytest.mark.both]
USER = "support@fernhollow.test"


class GraphAccount(Polled):
    """A mailbox of fernhollow's at the fake."""

    def __init__(self, graph: FakeGraph, organization: Any) -> None:
        self.graph = graph
        self.organization = organization

    @property
    def box(self) -> FakeMailbox:
        """What lies at Microsoft."""
        return self.graph.mailbox(USER)

    def connect(self, **fields: Any) -> None:
        """The mailbox is added and polled from now on."""
        with organization_scope(self.organization.id):
            mailbox = make_graph_mailbox(make_registration(), user=USER, **fields)
            work.enqueue(WorkKind.POLL, organization_id=self.organization.id, row_id=mailbox.id)
        self.mailbox_id = mailbox.id

    def set(self, **values: Any) -> None:
        """These columns of the mailbox have these values."""
        with organization_scope(self.organization.id):
            Mailbox.objects.filter(id=self.mailbox_id).update(**values)

    def put(self, *numbers: int, at: datetime | None = None, **values: Any) -> None:
        """A mail of each number lies in the inbox."""
        for number in numbers:
            self.box.deliver(mail(number), received_at=at, **values)

    def stored(self) -> list[bytes]:
        """The bytes that were taken in, oldest first."""
        return [files.read(row.raw.storage_key) for row in self.sightings() if row.raw is not None]


@pytest.fixture
def account(
    certificate_authority: CertificateAuthority,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    tmp_path: Any,
    fernhollow: Any,
) -> Iterator[GraphAccount]:
    """The fake, to which the global cloud points, with an empty mailbox."""
    settings.MEDIA_ROOT = tmp_path / "files"
    with FakeGraph(certificate_authority) as graph:
        point_at(graph, monkeypatch, settings)
        graph.mailbox(USER)
        yield GraphAccount(graph, fernhollow)


@pytest.mark.req("S1.32", "S1.33", "S1.35")
def test_mail_is_stored_once_however_often_it_is_listed(account: GraphAccount) -> None:
    account.connect()
    account.put(1, 2)
    account.poll()
    account.put(3)
    for _ in range(3):
        account.poll()
    assert account.stored() == [mail(1), mail(2), mail(3)]


@pytest.mark.req("S1.34")
def test_mail_from_before_the_mailbox_was_connected_is_left_alone(account: GraphAccount) -> None:
    account.put(1, at=clock.now() - timedelta(days=2))
    account.connect()
    account.put(2)
    account.poll()
    assert account.stored() == [mail(2)]


def test_a_mail_that_is_moved_in_with_an_old_date_comes_with_the_wide_look(account: GraphAccount) -> None:
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


@pytest.mark.req("F55")
def test_a_mail_moved_away_and_back_is_no_second_one(account: GraphAccount) -> None:
    account.connect()
    account.put(1)
    account.poll()
    [item] = account.box.items
    account.box.move(item, account.box.well_known["archive"])
    account.poll()
    account.box.move(item, account.box.well_known["inbox"])
    account.poll()
    assert account.stored() == [mail(1)]


@pytest.mark.req("F54")
def test_a_mail_that_a_rule_moves_away_before_it_is_fetched_is_gone_and_stops_no_other(account: GraphAccount) -> None:
    account.connect()
    account.put(1, 2)
    moved = account.box.items[0]
    account.graph.next(
        f"/messages/{segment(moved.immutable_id)}/$value", graph_error(404, "ErrorItemNotFound", "not found")
    )
    account.poll()
    assert account.stored() == [mail(2)]
    assert account.mailbox().health == Health.REACHABLE


@pytest.mark.req("F56")
def test_a_listing_that_begins_anew_loses_and_doubles_nothing(account: GraphAccount) -> None:
    account.connect()
    account.put(1, 2)
    account.poll()
    account.put(3)
    account.set(watermark_at=None, reconciled_at=None, fingerprint="")
    account.poll()
    assert account.stored() == [mail(1), mail(2), mail(3)]


def test_a_folder_made_anew_brings_no_mail_a_second_time(account: GraphAccount) -> None:
    account.connect()
    account.put(1, 2)
    account.poll()
    account.box.make_anew(account.box.well_known["inbox"])
    account.put(3)
    account.poll()
    assert account.raw_count() == 3
    assert [row.outcome for row in account.sightings()][2:] == ["duplicate", "duplicate", "pending"]


def test_chats_are_in_the_log_and_not_in_storage(account: GraphAccount) -> None:
    account.connect()
    account.put(1, message_class="IPM.SkypeTeams.Message")
    account.put(2)
    account.poll()
    assert [row.reason_code for row in account.sightings()] == ["not_mail", ""]
    assert account.stored() == [mail(2)]


def test_a_mail_above_the_limit_comes_with_its_headers_alone(account: GraphAccount) -> None:
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
def test_what_is_done_after_the_import_is_done_once_our_copy_is_safe(account: GraphAccount, after_import: str) -> None:
    account.box.make("Done")
    account.connect(after_import=after_import, after_import_folder="Done")
    account.put(1)
    account.poll()
    account.poll()
    [item] = account.box.items
    folder = {"seen": "Posteingang", "move": "Done", "delete": "Gelöschte Elemente"}[after_import]
    assert (item.folder.name, item.is_read) == (folder, after_import == "seen")
    assert account.stored() == [mail(1)]


class Death(BaseException):
    """A worker ends where it stands."""


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
def test_a_poll_that_dies_anywhere_loses_and_doubles_nothing(
    account: GraphAccount, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    def die(name: str) -> None:
        if name == point:
            raise Death

    account.box.make("Done")
    account.connect(after_import="move", after_import_folder="Done")
    account.put(1, 2, 3)
    with monkeypatch.context() as patched, pytest.raises(Death):
        patched.setattr(faults, "point", die)
        account.poll()
    for _ in range(2):
        WorkItem.objects.update(leased_until=None, due_at=clock.now())
        account.poll()
    assert account.raw_count() == 3
    assert sorted(account.stored()) == [mail(1), mail(2), mail(3)]
    assert {item.folder.name for item in account.box.items} == {"Done"}


@pytest.mark.parametrize(
    ("fault", "health", "reason"),
    [
        (throttled(900), Health.THROTTLED, "throttled"),
        (throttled(), Health.THROTTLED, "throttled"),
        (graph_error(403, "ErrorAccessDenied", BLOCKED), Health.UNREACHABLE, "access_blocked"),
        (graph_error(404, "MailboxNotEnabledForRESTAPI"), Health.UNREACHABLE, "mailbox_not_enabled"),
        (graph_error(503, "ServiceUnavailable"), Health.UNREACHABLE, "server_error"),
        (Fault.CUT, Health.UNREACHABLE, "connection_lost"),
    ],
)
@pytest.mark.req("F67")
def test_trouble_stands_on_the_mailbox_and_is_over_with_the_next_success(
    account: GraphAccount, fault: Any, health: Health, reason: str
) -> None:
    account.connect()
    account.put(1)
    account.graph.next("/mailFolders/inbox", fault)
    account.poll()
    mailbox = account.mailbox()
    assert (mailbox.health, mailbox.error_reason) == (health, reason)
    assert account.stored() == []
    account.poll()
    assert (account.mailbox().health, account.stored()) == (Health.REACHABLE, [mail(1)])


@pytest.mark.req("F67")
def test_a_mailbox_is_left_alone_as_long_as_microsoft_asks(account: GraphAccount) -> None:
    account.connect()
    account.graph.next("/mailFolders/inbox", throttled(3000))
    account.poll()
    with organization_scope(account.organization.id):
        assert WorkItem.objects.get(kind=WorkKind.POLL).due_at > clock.now() + timedelta(seconds=2900)


def test_one_mail_that_graph_cannot_give_stops_no_other(account: GraphAccount) -> None:
    account.connect()
    account.put(1)
    broken = account.box.deliver(mail(2), has_mime=False)
    answers = [graph_error(500, "ErrorInternalServerError")] * 9
    account.graph.next(f"/messages/{segment(broken.immutable_id)}", *answers)
    account.put(3)
    for _ in range(3):
        account.poll()
    assert account.stored() == [mail(1), mail(3)]
    assert [row.outcome for row in account.sightings()] == ["pending", "failed", "pending"]
