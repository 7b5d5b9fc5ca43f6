"""Subscriptions that live on: renewed, made anew, looked after as Graph says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import GraphSubscription, RealTime
from tests.fakes.graph import graph_error, throttled
from tests.mailboxes.watching.told import Told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


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
