"""Subscriptions of mailboxes that are changed, paused or deleted, whatever dies on the way."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.lib import faults
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import TokenEntry, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, OAuthGrant, RealTime
from mailboxes.services.setup.mailboxes import delete_mailbox, pause_mailbox, resume_mailbox, update_mailbox
from tests.deaths import dies_at
from tests.fakes.https import Fault
from tests.mailboxes.watching.told import ADDRESS, PUBLIC, Told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


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


@pytest.mark.parametrize("point", ["subscriptions.asking", "subscriptions.answered"])
def test_killed_around_the_request_one_subscription_is_left_and_known(told: Told, point: str) -> None:
    with dies_at(point):
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
