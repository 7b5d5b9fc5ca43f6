"""Calls to Microsoft Graph are counted for each mailbox, and reading stops before the provider refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from mailboxes.services.oauth import graph_configs
from mailboxes.services.reading import call_budget
from mailboxes.services.reading.call_budget import WINDOW, CallBudget
from mailboxes.services.sending import pace
from tests.factories.outgoing import queue_mail
from tests.mailboxes.graph import GraphAccount

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("F67")]

NOON = datetime(2026, 11, 27, 12, 0, 30, tzinfo=UTC)


def poll(account: GraphAccount) -> Mailbox:
    """The mailbox was due, and a worker has had it."""
    WorkItem.objects.filter(kind=WorkKind.POLL).update(due_at=clock.now(), set_at=clock.now())
    drains.drain_now(WorkKind.POLL)
    return account.mailbox()


def budget_of(account: GraphAccount) -> CallBudget:
    """The calls for the account's mailbox."""
    mailbox = account.mailbox()
    with organization_scope(account.organization.id):
        found = graph_configs.call_budget(mailbox.connection, user=mailbox.remote_user, address=mailbox.address)
    assert found is not None
    return found


def asked_for(account: GraphAccount) -> int:
    """How many calls Graph got for the mailbox."""
    return sum(f"/users/{account.user}/" in request.path for request in account.graph.requests)


def test_every_call_for_a_mailbox_is_counted_and_none_of_another(graph_account: GraphAccount) -> None:
    graph_account.connect()
    poll(graph_account)
    assert budget_of(graph_account).made() == asked_for(graph_account) > 0
    assert CallBudget("another").made() == 0


def test_reading_stops_before_the_limit_is_no_failure_and_goes_on_after_ten_minutes(
    graph_account: GraphAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph_configs, "CALLS_TO_READ", 2)
    graph_account.connect()
    poll(graph_account)
    asked = asked_for(graph_account)
    held = poll(graph_account)
    assert asked_for(graph_account) == asked
    assert (held.health, held.error_reason, held.failures_in_row) == ("throttled", "calls_spent", 0)
    assert held.throttled_until is not None
    assert timedelta(minutes=9) < held.throttled_until - clock.now() <= timedelta(minutes=11)
    assert WorkItem.objects.get(kind=WorkKind.POLL).due_at >= held.throttled_until
    with clock.held_at(held.throttled_until):
        assert poll(graph_account).health == "reachable"


def test_a_session_that_spends_the_rest_ends_with_what_it_has(
    graph_account: GraphAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph_account.connect()
    poll(graph_account)
    monkeypatch.setattr(graph_configs, "CALLS_TO_READ", budget_of(graph_account).made() + 4)
    monkeypatch.setattr(call_budget, "LOOK_EVERY", 1)
    graph_account.put(*range(1, 9))
    assert poll(graph_account).error_reason == "calls_spent"
    assert 0 < len(graph_account.stored()) < 8
    monkeypatch.setattr(graph_configs, "CALLS_TO_READ", 9000)
    poll(graph_account)
    assert len(graph_account.stored()) == 8


def test_mail_that_leaves_has_what_reading_leaves_and_then_waits_and_says_why(
    graph_account: GraphAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = graph_account.connect()
    monkeypatch.setattr(graph_configs, "CALLS_TO_READ", 0)
    with organization_scope(graph_account.organization.id):
        first = queue_mail(mailbox.outgoing, mailbox=mailbox)
    drains.drain_now(WorkKind.DELIVER)
    monkeypatch.setattr(pace, "CALLS", budget_of(graph_account).made())
    with organization_scope(graph_account.organization.id):
        second = queue_mail(mailbox.outgoing, mailbox=mailbox)
    drains.drain_now(WorkKind.DELIVER)
    with organization_scope(graph_account.organization.id):
        first.refresh_from_db()
        second.refresh_from_db()
    assert first.state == "sent"
    assert (second.state, second.error_reason, second.attempts) == ("queued", "calls_spent", 0)
    assert second.next_try_at - clock.now() > timedelta(minutes=9)


def test_calls_run_out_by_the_minute_and_the_wait_ends_when_enough_have() -> None:
    budget = CallBudget("some")
    for minute, calls in ((0, 3), (1, 2), (5, 1)):
        with clock.held_at(NOON + timedelta(minutes=minute)):
            for _ in range(calls):
                budget.add()
    with clock.held_at(NOON + timedelta(minutes=6)):
        assert budget.made() == 6
        assert [budget.spent_until(most=most) for most in (7, 6, 3, 0)] == [
            None,
            NOON.replace(minute=11, second=0),
            NOON.replace(minute=12, second=0),
            NOON.replace(minute=16, second=0),
        ]
    with clock.held_at(NOON + WINDOW + timedelta(minutes=1)):
        assert budget.made() == 3


def test_without_the_cache_nobody_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object, **_options: object) -> None:
        raise OSError("the cache is away")

    monkeypatch.setattr(call_budget, "cache", SimpleNamespace(add=away, get_many=away))
    budget = CallBudget("some")
    budget.add()
    assert (budget.made(), budget.spent_until(most=1)) == (0, None)


def test_the_page_of_health_tells_how_many_calls_were_made(
    graph_account: GraphAccount, people: Any, client: Client
) -> None:
    mailbox = graph_account.connect()
    poll(graph_account)
    client.force_login(people.admin.user)
    page = client.get(f"/o/fernhollow/mailboxes/{mailbox.pk}/health/").content.decode()
    assert f"Calls to Microsoft in ten minutes: {budget_of(graph_account).made()} of 10,000" in page


def test_a_mailbox_that_only_waits_gives_nothing_to_check(
    graph_account: GraphAccount, people: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph_configs, "CALLS_TO_READ", 1)
    mailbox = graph_account.connect()
    poll(graph_account)
    poll(graph_account)
    client.force_login(people.admin.user)
    page = client.get(f"/o/fernhollow/mailboxes/{mailbox.pk}/health/").content.decode()
    assert "Nearly as many calls were made" in page
    assert [words for words in ("What to check", "tries so far") if words in page] == []
