"""Real time over Microsoft Graph: subscribed, told of new mail, or told why not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, OAuthGrant, RealTime
from mailboxes.services.liveness import notifications, subscribing
from tests.fakes.graph import READ, READ_WRITE, SEND
from tests.mailboxes.account import mail
from tests.mailboxes.watching.told import ADDRESS, PUBLIC, Told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


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
