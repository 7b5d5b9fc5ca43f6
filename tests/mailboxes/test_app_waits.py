"""A refusal that is about an app, or about the account that opens many mailboxes, is heard by all of them at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import Connection, HealthSpan, Mailbox, OAuthGrant
from mailboxes.queries.mailbox_list import states_of
from mailboxes.services.reading import waits
from mailboxes.services.reading.accounts import Caller, caller_of
from mailboxes.services.sending import filing
from tests.connectors.ews_worlds import busy
from tests.factories.outgoing import queue_mail
from tests.fakes.ews import FakeEws
from tests.fakes.graph import FakeGraph, graph_error, throttled
from tests.mailboxes.ews import EwsAccount, exchange_server
from tests.mailboxes.graph import make_graph_mailbox, make_registration, point_at
from tests.servers.certificates import CertificateAuthority

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.usefixtures("own_cache"), pytest.mark.req("F67")]

WAIT_S = 120
APP_WIDE = graph_error(429, "TooManyRequests", "Too many requests", Retry_After=str(WAIT_S))
UNAVAILABLE = graph_error(503, "ServiceUnavailable", "The service is unavailable.", Retry_After=str(WAIT_S))
STORE_AWAY = graph_error(503, "ErrorMailboxStoreUnavailable", "The mailbox is being moved.", Retry_After=str(WAIT_S))
UNSAID = graph_error(429, "TooManyRequests", "Too many requests")


@pytest.fixture
def graph(
    certificate_authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any
) -> Iterator[FakeGraph]:
    """The fake, to which the global cloud points."""
    settings.MEDIA_ROOT = tmp_path / "files"
    with FakeGraph(certificate_authority) as running:
        point_at(running, monkeypatch, settings)
        yield running


def connect(graph: FakeGraph, organization: Any, connection: Connection | None, user: str) -> Mailbox:
    """A mailbox at the fake, by the app of the connection, or by one of its own."""
    graph.mailbox(user)
    with organization_scope(organization.id):
        mailbox = make_graph_mailbox(connection or make_registration(), user=user, connected_at=clock.now())
        work.enqueue(WorkKind.POLL, organization_id=organization.id, row_id=mailbox.id)
    return mailbox


@pytest.fixture
def first(graph: FakeGraph, fernhollow: Any) -> Mailbox:
    """A mailbox of fernhollow's app."""
    return connect(graph, fernhollow, None, "first@fernhollow.test")


@pytest.fixture
def second(graph: FakeGraph, fernhollow: Any, first: Mailbox) -> Mailbox:
    """Another one of the same app."""
    return connect(graph, fernhollow, first.connection, "second@fernhollow.test")


def poll(mailbox: Mailbox) -> Mailbox:
    """The mailbox was due, and a worker has had it."""
    WorkItem.objects.filter(kind=WorkKind.POLL, row_id=mailbox.pk).update(due_at=clock.now(), set_at=clock.now())
    drains.drain_now(WorkKind.POLL, row_ids=[mailbox.pk])
    with organization_scope(mailbox.organization_id):
        return Mailbox.objects.select_related("connection__grant", "organization").get(id=mailbox.pk)


def asked_for(graph: FakeGraph, mailbox: Mailbox) -> int:
    """How many calls Graph got for the mailbox."""
    return len(graph.asked(mailbox.address))


@pytest.mark.parametrize("refusal", [APP_WIDE, UNAVAILABLE], ids=["429", "503"])
def test_what_is_refused_to_an_app_holds_back_its_other_mailboxes_and_each_says_so(
    graph: FakeGraph, first: Mailbox, second: Mailbox, refusal: Any
) -> None:
    poll(second)
    before = asked_for(graph, second)
    graph.next("/mailFolders/inbox", refusal)
    poll(first)
    held = poll(second)
    assert asked_for(graph, second) == before
    assert (held.health, held.error_reason, held.failures_in_row) == ("throttled", "app_throttled", 0)
    assert held.throttled_until is not None
    assert timedelta(seconds=WAIT_S - 60) < held.throttled_until - clock.now() <= timedelta(seconds=WAIT_S)
    item = WorkItem.objects.get(kind=WorkKind.POLL, row_id=second.pk)
    assert timedelta() <= item.due_at - held.throttled_until <= timedelta(seconds=30)
    with organization_scope(held.organization_id):
        [state] = states_of([held])
        assert HealthSpan.objects.get(mailbox=held, until_at=None).state == "throttled"
    assert (state.health, "same app" in str(state.error)) == ("Throttled", True)


def test_after_the_wait_both_are_read_again_and_nobody_was_told_of_an_outage(
    graph: FakeGraph, first: Mailbox, second: Mailbox
) -> None:
    graph.next("/mailFolders/inbox", APP_WIDE)
    poll(first)
    for _ in range(4):
        assert poll(second).outage_notified_at is None
    with clock.held_at(clock.now() + timedelta(seconds=WAIT_S + 1)):
        assert [poll(each).health for each in (first, second)] == ["reachable"] * 2


@pytest.mark.parametrize("refusal", [throttled(WAIT_S), STORE_AWAY, UNSAID], ids=["concurrency", "store", "unsaid"])
def test_what_is_refused_to_one_mailbox_holds_back_no_other(
    graph: FakeGraph, first: Mailbox, second: Mailbox, refusal: Any
) -> None:
    graph.next("/mailFolders/inbox", refusal)
    assert poll(first).health != "reachable"
    assert poll(second).health == "reachable"


def test_another_app_and_another_organization_are_asked_as_ever(
    graph: FakeGraph, first: Mailbox, otherco: Any, fernhollow: Any
) -> None:
    apart = connect(graph, fernhollow, None, "apart@fernhollow.test")
    with organization_scope(fernhollow.id):
        OAuthGrant.objects.filter(connection=apart.connection).update(client_id="another app")
    theirs = connect(graph, otherco, None, "help@otherco.test")
    graph.next("/mailFolders/inbox", APP_WIDE)
    poll(first)
    assert [poll(each).health for each in (apart, theirs)] == ["reachable"] * 2


def test_a_mailbox_that_fails_by_itself_goes_on_saying_from_what(
    graph: FakeGraph, first: Mailbox, second: Mailbox
) -> None:
    graph.next("/mailFolders/inbox", graph_error(404, "MailboxNotEnabledForRESTAPI"), APP_WIDE)
    poll(second)
    poll(first)
    held = poll(second)
    assert (held.health, held.error_reason, held.failures_in_row) == ("unreachable", "mailbox_not_enabled", 1)


def test_mail_of_the_app_waits_as_well_and_says_so(graph: FakeGraph, first: Mailbox, second: Mailbox) -> None:
    graph.next("/mailFolders/inbox", APP_WIDE)
    poll(first)
    with organization_scope(second.organization_id):
        outbox = queue_mail(second.outgoing, mailbox=second)
    drains.drain_now(WorkKind.DELIVER)
    with organization_scope(second.organization_id):
        outbox.refresh_from_db()
    assert (outbox.state, outbox.error_reason, outbox.attempts) == ("queued", "throttled", 0)
    assert (outbox.next_try_at - clock.now()) > timedelta(seconds=WAIT_S - 60)
    assert graph.sent == []


def test_what_is_refused_to_a_mail_that_leaves_is_heard_by_the_polls(
    graph: FakeGraph, first: Mailbox, second: Mailbox
) -> None:
    with organization_scope(first.organization_id):
        queue_mail(first.outgoing, mailbox=first)
    graph.next("/messages", APP_WIDE)
    drains.drain_now(WorkKind.DELIVER)
    assert poll(second).error_reason == "app_throttled"


def test_looking_for_a_copy_waits_without_losing_a_try(graph: FakeGraph, first: Mailbox, second: Mailbox) -> None:
    graph.next("/mailFolders/inbox", APP_WIDE)
    poll(first)
    with organization_scope(second.organization_id):
        outbox = queue_mail(second.outgoing, mailbox=second)
        filing.look_later(outbox)
    drains.drain_now(WorkKind.FILE_SENT)
    item = WorkItem.objects.get(kind=WorkKind.FILE_SENT)
    assert (item.attempts, item.due_at - clock.now() > timedelta(seconds=WAIT_S - 60)) == (0, True)


@pytest.mark.parametrize(("impersonates", "health"), [(False, "throttled"), (True, "reachable")])
def test_exchange_counts_by_the_account_that_opens_mailboxes_unless_it_acts_for_their_owners(
    certificate_authority: CertificateAuthority,
    settings: Any,
    tmp_path: Any,
    fernhollow: Any,
    impersonates: Any,
    health: str,
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    with exchange_server(certificate_authority, settings=settings) as ews:
        mailboxes = two_of_one_account(ews, fernhollow, impersonates=impersonates)
        ews.next_at("GetFolder", busy(WAIT_S * 1000))
        assert [poll(each).health for each in mailboxes] == ["throttled", health]


def two_of_one_account(ews: FakeEws, organization: Any, *, impersonates: bool) -> list[Mailbox]:
    """Two mailboxes that one account reads."""
    account = EwsAccount(ews, organization)
    one = account.connect()
    with organization_scope(organization.id):
        Connection.objects.filter(id=one.connection_id).update(impersonates=impersonates)
        other = Mailbox.objects.create(
            name="Other", address="other@fernhollow.test", connection=one.connection, connected_at=clock.now()
        )
        work.enqueue(WorkKind.POLL, organization_id=organization.id, row_id=other.id)
    ews.mailbox("other@fernhollow.test")
    ews.impersonators.add(account.user)
    ews.rights[account.user] = {account.user, "other@fernhollow.test"}
    return [one, other]


def test_the_longest_wait_counts_and_none_lasts_for_ever() -> None:
    caller = Caller(1, "graph global", app="tenant app")

    def refuse(after_s: float | None) -> None:
        error = ConnectorError(Reason.THROTTLED, permanent=False, retry_after_s=after_s, is_shared=True)
        waits.note_refusal(caller, error)

    moment = clock.now()
    with clock.held_at(moment):
        for after_s in (300, 10, None):
            refuse(after_s)
        found = waits.wait_of(caller)
        assert found is not None
        assert found.until == moment + timedelta(seconds=300)
        refuse(10 * 24 * 3600)
    with clock.held_at(moment - timedelta(days=1)):
        assert waits.wait_of(caller) is None
    with clock.held_at(moment + waits.MAX_WAIT):
        assert waits.wait_of(caller) is None


def test_mailboxes_of_one_app_share_its_places_whatever_their_connection(first: Mailbox, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        ours, again = (caller_of(each) for each in (first.connection, make_registration()))
        elsewhere = make_registration()
        OAuthGrant.objects.filter(connection=elsewhere).update(tenant="elsewhere.example")
        theirs = caller_of(Connection.objects.select_related("grant").get(id=elsewhere.id))
    assert ours.place_name == again.place_name
    assert theirs.place_name != ours.place_name
