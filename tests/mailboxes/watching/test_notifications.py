"""Real time over Microsoft Graph: subscribed, called, renewed and removed again, whatever dies on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock, faults
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import TokenEntry, WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import GraphSubscription, Mailbox, OAuthGrant, RealTime
from mailboxes.queries.mailbox_list import states_of
from mailboxes.services.liveness import notifications, subscribing
from mailboxes.services.setup.mailboxes import (
    create_mailbox,
    delete_mailbox,
    pause_mailbox,
    resume_mailbox,
    update_mailbox,
)
from tests.fakes.graph import READ, READ_WRITE, SEND, FakeGraph, graph_error, throttled
from tests.fakes.graph_subscriptions import Subscription
from tests.fakes.https import Fault
from tests.mailboxes.account import mail
from tests.mailboxes.graph import Microsoft, microsoft_cloud
from tests.servers.certificates import CertificateAuthority

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
ADDRESS = "support@fernhollow.example"
PUBLIC = "https://desk.example"


class Told:
    """A mailbox of fernhollow's by an app registration that wants real time, and what Microsoft has of it."""

    def __init__(self, microsoft: Microsoft, organization: Any) -> None:
        self.microsoft, self.organization = microsoft, organization
        self.graph: FakeGraph = microsoft.graph
        with organization_scope(organization.id):
            self.mailbox_id = create_mailbox(self.entered()).pk

    def entered(self, **values: Any) -> Any:
        """The mailbox as an admin enters it."""
        return self.microsoft.entered(ADDRESS, **{"is_real_time": True, **values})

    def change(self, what: Callable[[Mailbox], object]) -> None:
        """Something is done with the mailbox by a person, and the worker is at it."""
        with organization_scope(self.organization.id):
            what(Mailbox.objects.select_related("connection", "outgoing").get(id=self.mailbox_id))
        self.work()

    def work(self) -> None:
        """What is due for the subscription is done."""
        drains.drain_now(WorkKind.SUBSCRIBE, budget_s=20)

    def work_again(self) -> None:
        """The same once pauses and leases are over."""
        self.items(WorkKind.SUBSCRIBE).update(leased_until=None, due_at=clock.now())
        self.work()

    def items(self, kind: WorkKind) -> Any:
        """The mailbox's item of this kind."""
        return WorkItem.objects.filter(kind=kind, row_id=self.mailbox_id)

    def due_at(self, kind: WorkKind) -> Any:
        """When it is due."""
        return self.items(kind).get().due_at

    def is_poll_due(self) -> bool:
        """True if the mailbox is polled now."""
        return bool(self.due_at(WorkKind.POLL) <= clock.now())

    def rest(self) -> None:
        """Nothing is due for a day."""
        self.items(WorkKind.POLL).update(due_at=clock.now() + timedelta(days=1))

    def row(self) -> GraphSubscription | None:
        """What is known of the subscription."""
        with organization_scope(self.organization.id):
            return GraphSubscription.objects.filter(mailbox_id=self.mailbox_id).first()

    def mailbox(self) -> Mailbox:
        """As it is stored."""
        with organization_scope(self.organization.id):
            found: Mailbox = Mailbox.objects.get(id=self.mailbox_id)
            return found

    def stands(self) -> tuple[str, str]:
        """How real time stands, and why."""
        mailbox = self.mailbox()
        return mailbox.real_time, mailbox.real_time_reason

    def said(self) -> str:
        """What people read about real time."""
        with organization_scope(self.organization.id):
            state = states_of([Mailbox.objects.select_related("connection__grant").get(id=self.mailbox_id)])[0]
        assert state.real_time is not None
        return f"{state.real_time.word} {state.real_time.why_not}".strip()

    @property
    def alive(self) -> list[Subscription]:
        """What Microsoft has."""
        return self.graph.subscriptions.alive

    def is_one(self) -> bool:
        """True if Microsoft has one subscription, and it is the one that is known."""
        row = self.row()
        return row is not None and not row.is_creating and [made.id for made in self.alive] == [row.remote_id]


@pytest.fixture
def told(
    certificate_authority: CertificateAuthority,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    quiet_server: Any,
    tmp_path: Any,
    fernhollow: Any,
) -> Iterator[Told]:
    """The mailbox, before any worker looked at it; Microsoft reaches us."""
    settings.MEDIA_ROOT, settings.PUBLIC_URL = tmp_path / "files", PUBLIC
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": str(tmp_path)}
    }
    with microsoft_cloud(certificate_authority, monkeypatch=monkeypatch, settings=settings) as microsoft:
        microsoft.entra.apps[microsoft.client_id].roles = {READ_WRITE, SEND, READ}
        microsoft.graph.mailbox(ADDRESS)
        microsoft.graph.subscriptions.reach = {PUBLIC: quiet_server.url}
        yield Told(microsoft, fernhollow)


@pytest.fixture
def subscribed(told: Told) -> Told:
    """The same, subscribed, and nothing due."""
    told.work()
    assert told.is_one()
    told.rest()
    return told


@pytest.mark.req("S4.35")
def test_a_mailbox_that_wants_real_time_is_subscribed_and_says_so(told: Told) -> None:
    told.rest()
    told.work()
    assert told.is_one()
    [made] = told.alive
    inbox = told.graph.mailbox(ADDRESS).well_known["inbox"]
    assert made.told["resource"] == f"users/{ADDRESS}/mailFolders('{inbox.id}')/messages"
    assert made.told["notificationUrl"].startswith(f"{PUBLIC}/notifications/graph/")
    assert (told.stands(), told.said()) == ((RealTime.LIVE, ""), "Real time")
    assert told.is_poll_due()  # for what came before


@pytest.mark.req("S4.35")
def test_new_mail_makes_the_poll_due_at_once(subscribed: Told) -> None:
    subscribed.graph.mailbox(ADDRESS).deliver(mail(1))
    assert subscribed.graph.subscriptions.tell_of_new_mail() == [202]
    assert subscribed.is_poll_due()


@pytest.mark.parametrize("state", ["", "another", None, 7, ["x"]])
def test_a_call_with_another_client_state_has_no_effect(subscribed: Told, state: Any) -> None:
    [made] = subscribed.alive
    for event in ("missed", "subscriptionRemoved"):
        assert subscribed.graph.subscriptions.tell(made, event, clientState=state) == 202
    assert not subscribed.is_poll_due()
    assert subscribed.due_at(WorkKind.SUBSCRIBE) > clock.now() + timedelta(hours=1)


def test_a_flood_of_calls_is_one_poll(subscribed: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    [made] = subscribed.alive
    said = [{"changeType": "created"}] * 20
    assert {subscribed.graph.subscriptions.call(made, said) for _ in range(30)} == {202}
    claimed = []
    monkeypatch.setattr(
        "mailboxes.services.reading.polling.poll",
        lambda claim, **_: (claimed.append(claim), work.reschedule(claim, due_at=clock.in_seconds(60), succeeded=True)),
    )
    drains.drain_now(WorkKind.POLL)
    assert len(claimed) == 1


def test_more_calls_than_a_mailbox_has_are_put_off(subscribed: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "MOST_A_MINUTE", 0)
    subscribed.graph.mailbox(ADDRESS).deliver(mail(1))
    assert subscribed.graph.subscriptions.tell_of_new_mail() == [429]
    assert not subscribed.is_poll_due()


# Living on.


def test_it_is_renewed_at_half_of_its_life_and_stays_the_same(subscribed: Told) -> None:
    [made] = subscribed.alive
    half = (made.expires_at - clock.now()) / 2
    assert abs(subscribed.due_at(WorkKind.SUBSCRIBE) - clock.now() - half) < timedelta(minutes=2)
    made.expires_at -= timedelta(days=1)
    subscribed.work_again()
    row = subscribed.row()
    assert subscribed.alive == [made]
    assert row is not None
    assert row.expires_at is not None
    assert made.expires_at - row.expires_at < timedelta(seconds=2)
    assert made.expires_at > clock.now() + timedelta(days=2)
    assert not subscribed.is_poll_due()


def test_one_that_has_ended_is_made_anew_and_mail_from_meanwhile_is_polled_for(subscribed: Told) -> None:
    [old] = subscribed.alive
    subscribed.graph.subscriptions.end(old)
    subscribed.work_again()
    assert subscribed.is_one()
    assert subscribed.alive != [old]


@pytest.mark.parametrize(("event", "is_removed"), [("reauthorizationRequired", False), ("subscriptionRemoved", True)])
def test_what_graph_says_of_the_subscription_has_it_looked_after(
    subscribed: Told, event: str, is_removed: bool
) -> None:
    [made] = subscribed.alive
    made.expires_at = before = clock.now() + timedelta(hours=1)
    assert subscribed.graph.subscriptions.tell(made, event) == 202
    subscribed.graph.subscriptions._made = {} if is_removed else {made.id: made}
    assert subscribed.is_poll_due()  # what was not told meanwhile
    subscribed.work()
    assert subscribed.is_one()
    [now] = subscribed.alive
    assert (now is made) != is_removed
    assert now.expires_at > before


def test_missed_notifications_are_polled_for_and_no_more(subscribed: Told) -> None:
    due_at = subscribed.due_at(WorkKind.SUBSCRIBE)
    assert subscribed.graph.subscriptions.tell(subscribed.alive[0], "missed") == 202
    assert (subscribed.is_poll_due(), subscribed.due_at(WorkKind.SUBSCRIBE)) == (True, due_at)


def test_a_subscription_is_looked_after_once_a_minute_however_often_graph_asks(subscribed: Told) -> None:
    [made] = subscribed.alive
    for _ in range(5):
        subscribed.graph.subscriptions.tell(made, "reauthorizationRequired")
        subscribed.work()
    renewals = [request for request in subscribed.graph.requests if request.method == "PATCH"]
    assert len(renewals) == 1


def test_trouble_with_a_renewal_leaves_real_time_while_the_subscription_lives(subscribed: Told) -> None:
    row = subscribed.row()
    assert row is not None
    subscribed.graph.next(f"/subscriptions/{row.remote_id}", throttled(7), graph_error(503, "ServiceUnavailable"))
    subscribed.work_again()
    assert subscribed.stands() == (RealTime.LIVE, "")
    assert clock.now() < subscribed.due_at(WorkKind.SUBSCRIBE) < clock.in_seconds(15 * 60)
    with organization_scope(subscribed.organization.id):
        GraphSubscription.objects.update(expires_at=clock.now())
    subscribed.work_again()
    assert subscribed.stands() == (RealTime.LOST, "server_error")


# Changed, paused, deleted.


def test_a_paused_mailbox_has_none_and_a_resumed_one_another(subscribed: Told) -> None:
    subscribed.change(pause_mailbox)
    assert (subscribed.alive, subscribed.row(), TokenEntry.objects.filter(purpose="notification").count()) == (
        [],
        None,
        0,
    )
    subscribed.change(resume_mailbox)
    assert subscribed.is_one()


def test_another_folder_is_another_subscription(subscribed: Told) -> None:
    [old] = subscribed.alive
    subscribed.graph.mailbox(ADDRESS).make("INBOX/Orders")
    subscribed.change(lambda mailbox: update_mailbox(mailbox, subscribed.entered(folder="INBOX/Orders")))
    assert subscribed.is_one()
    assert old not in subscribed.alive


def test_another_public_address_is_another_subscription(subscribed: Told, settings: Any) -> None:
    [old] = subscribed.alive
    reach = subscribed.graph.subscriptions.reach
    settings.PUBLIC_URL = "https://notify.example"
    reach["https://notify.example"] = reach.pop(PUBLIC)
    subscribed.work_again()
    assert subscribed.is_one()
    assert old not in subscribed.alive


def test_a_mailbox_that_no_longer_wants_real_time_has_none(subscribed: Told) -> None:
    subscribed.change(lambda mailbox: update_mailbox(mailbox, subscribed.entered(is_real_time=False)))
    assert (subscribed.alive, subscribed.row()) == ([], None)


def test_a_deleted_mailbox_has_none_although_its_secrets_are_gone_at_once(subscribed: Told) -> None:
    subscribed.change(delete_mailbox)
    with organization_scope(subscribed.organization.id):
        assert OAuthGrant.objects.get().tokens_sealed == ""
    assert (subscribed.alive, subscribed.row()) == ([], None)
    assert not subscribed.items(WorkKind.SUBSCRIBE).exists()


def test_where_microsoft_cannot_be_asked_any_more_it_ends_by_itself_and_wakes_nobody(subscribed: Told) -> None:
    [made] = subscribed.alive
    with organization_scope(subscribed.organization.id):
        OAuthGrant.objects.update(tokens_sealed="")
    subscribed.change(delete_mailbox)
    assert (subscribed.alive, subscribed.row()) == ([made], None)
    assert subscribed.graph.subscriptions.tell(made, "missed") == 202
    assert not subscribed.items(WorkKind.POLL).exists()


# Killed.


class Death(BaseException):
    """The process is gone."""


def dying_at(point: str) -> Callable[[str], None]:
    def die(name: str) -> None:
        if name == point:
            raise Death

    return die


@pytest.mark.parametrize("point", ["subscriptions.asking", "subscriptions.answered"])
def test_killed_around_the_request_one_subscription_is_left_and_known(
    told: Told, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    with monkeypatch.context() as patched, pytest.raises(Death):
        patched.setattr(faults, "point", dying_at(point))
        told.work()
    told.rest()
    for stray in told.alive:
        assert told.graph.subscriptions.tell(stray, "missed") == 202
    row = told.row()
    assert row is not None
    assert (row.is_creating, row.remote_id) == (True, "")
    told.work_again()
    assert told.is_one()


def test_an_answer_that_is_lost_leaves_no_second_subscription(told: Told) -> None:
    told.graph.next("/subscriptions", Fault.CUT_AFTER)
    told.work()
    assert (len(told.alive), told.stands()[0]) == (1, RealTime.LOST)
    told.work_again()
    assert told.is_one()


def test_a_mailbox_that_is_changed_meanwhile_leaves_no_second_subscription(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.graph.mailbox(ADDRESS).make("INBOX/Orders")

    def change(name: str) -> None:
        if name == "subscriptions.answered":
            with organization_scope(told.organization.id):
                mailbox = Mailbox.objects.select_related("connection", "outgoing").get()
                update_mailbox(mailbox, told.entered(folder="INBOX/Orders"))

    with monkeypatch.context() as patched:
        patched.setattr(faults, "point", change)
        drains.drain_now(WorkKind.SUBSCRIBE, budget_s=0.001)
    told.work_again()
    assert told.is_one()
    orders = next(folder for folder in told.graph.mailbox(ADDRESS).folders if folder.name == "Orders")
    assert [made.folder_id for made in told.alive] == [orders.id]


# Not possible.


def test_an_installation_that_microsoft_cannot_call_says_so_and_tries_again(told: Told) -> None:
    reach = told.graph.subscriptions.reach
    told.graph.subscriptions.reach = {}
    told.work()
    assert (told.alive, told.stands()) == ([], (RealTime.LOST, "not_callable"))
    assert "could not call this installation" in told.said()
    assert told.due_at(WorkKind.SUBSCRIBE) < clock.in_seconds(15 * 60)
    told.graph.subscriptions.reach = reach
    told.work_again()
    assert (told.is_one(), told.said()) == (True, "Real time")


def test_a_permission_that_is_missing_for_being_told_is_named(told: Told) -> None:
    told.microsoft.entra.apps[told.microsoft.client_id].roles = {READ_WRITE, SEND}
    told.work()
    assert told.stands() == (RealTime.UNAVAILABLE, "telling_not_permitted")
    assert "Mail.Read" in told.said()


def test_without_a_public_address_nothing_is_asked_and_it_is_said(told: Told, settings: Any) -> None:
    settings.PUBLIC_URL = ""
    told.work()
    assert (told.alive, told.graph.requests) == ([], [])
    assert "no address that Microsoft can call" in told.said()
    settings.PUBLIC_URL = PUBLIC
    told.work_again()
    assert told.is_one()


def test_a_folder_that_is_gone_is_told(told: Told) -> None:
    with organization_scope(told.organization.id):
        Mailbox.objects.update(folder="Nowhere")
    told.work()
    assert told.stands() == (RealTime.UNAVAILABLE, "folder_not_found")


@pytest.mark.parametrize(
    ("remote_user", "stands"), [("", ("live", "")), (ADDRESS, ("unavailable", "no_notifications"))]
)
def test_whoever_signed_in_is_told_of_their_own_mail_and_of_no_shared_mailbox(
    told: Told, remote_user: str, stands: tuple[str, str]
) -> None:
    """Permissions for shared mailboxes subscribe to nothing (outlook-share-messages-folders)."""
    ann = "ann@fernhollow.example"
    told.graph.mailbox(ann)
    told.graph.shared[ADDRESS] = {ann}
    told.graph.people["ann's"] = ann
    told.graph.tokens["ann's"] = frozenset({READ_WRITE, SEND, READ, f"{READ_WRITE}.Shared"})
    with organization_scope(told.organization.id):
        mailbox = Mailbox.objects.select_related("connection").get()
        mailbox.connection.username = ann
        mailbox.connection.save()
        OAuthGrant.objects.update(flow="user", account=ann)
        Mailbox.objects.update(remote_user=remote_user)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("mailboxes.services.oauth.graph_configs.tokens_of", lambda _: subscribing._OneToken("ann's"))
        told.work()
    assert told.stands() == stands
