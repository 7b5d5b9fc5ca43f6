"""The open tickets from before a webhook are told on request: with what was written in them, once, a few at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import add_message, make_ticket
from tests.fakes.webhook_receiver import WebhookReceiver
from ticketing.models import (
    BringingOver,
    BringingState,
    EventType,
    Integration,
    MessageKind,
    Status,
    Ticket,
    TicketEvent,
    Webhook,
)
from ticketing.services.webhooks import bringing
from ticketing.services.webhooks.subscriptions import pause_webhook

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.req("S3.5", "S3.6")]


@pytest.fixture
def before(fernhollow: Any, integration: Integration, people: Any) -> list[Ticket]:
    """Three open tickets, the first with two messages and a note; and some that are of no concern."""
    with organization_scope(fernhollow.id):
        open_ones = [make_ticket(name) for name in ("First", "Second", "Third")]
        add_message(open_ones[0], text="Still hisses.")
        add_message(open_ones[0], kind=MessageKind.NOTE, author=people.agent, text="Ask Ben.")
        own = add_message(open_ones[1], text="Theirs.")
        TicketEvent.objects.filter(message=own).update(integration=integration)
        make_ticket("Solved", status=Status.SOLVED)
        make_ticket("Spam", is_spam=True)
    return open_ones


@pytest.fixture
def bring() -> Callable[..., None]:
    """A worker hands over what there is room for, and calls are made or not."""

    def work(seconds: int = 0, *, calls: bool = True) -> None:
        with clock.held_at(clock.now() + timedelta(seconds=seconds)):
            drains.drain_now(WorkKind.BRING_OVER, budget_s=20)
            if calls:
                drains.drain_now(WorkKind.WEBHOOK, budget_s=20)

    return work


def told(receiver: WebhookReceiver) -> list[tuple[str, str, str]]:
    """Which messages of which tickets."""
    return sorted(
        (event["data"]["ticket"]["subject"], event["type"], event["data"]["message"]["text"]) for event in receiver.told
    )


EARLIER = [
    ("First", "message.created", "It hisses."),
    ("First", "message.created", "Still hisses."),
    ("First", "note.created", "Ask Ben."),
    ("Second", "message.created", "It hisses."),
    ("Third", "message.created", "It hisses."),
]


def test_open_tickets_come_over_once_with_all_that_others_wrote(
    fernhollow: Any,
    before: list[Ticket],
    webhook: Webhook,
    receiver: WebhookReceiver,
    people: Any,
    bring: Any,
    work_off: Any,
) -> None:
    with organization_scope(fernhollow.id):
        bringing.start_bringing_over(webhook, actor=people.admin)
        add_message(before[2], text="Since then.")
    work_off()
    bring()
    work_off()
    assert told(receiver) == sorted([*EARLIER, ("Third", "message.created", "Since then.")])
    first = [
        event["data"]["message"]["text"] for event in receiver.told if event["data"]["ticket"]["subject"] == "First"
    ]
    assert first == ["It hisses.", "Still hisses.", "Ask Ben."]
    with organization_scope(fernhollow.id):
        done = bringing.start_bringing_over(webhook, actor=people.admin)
        assert (done.state, done.handed_over, done.total) == (BringingState.DONE, 3, 3)
        assert AuditEntry.objects.filter(action="webhook.bringing_over").count() == 1
    assert not WorkItem.objects.filter(kind=WorkKind.BRING_OVER).exists()


def test_a_few_at_a_time_and_it_stops_and_goes_on_where_it_was(
    fernhollow: Any,
    before: list[Ticket],
    webhook: Webhook,
    receiver: WebhookReceiver,
    people: Any,
    bring: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bringing, "AT_ONCE", 2)
    with organization_scope(fernhollow.id):
        bringing.start_bringing_over(webhook, actor=people.admin)
    bring(calls=False)
    bring(10, calls=False)  # what waits leaves no room
    with organization_scope(fernhollow.id):
        assert BringingOver.objects.get().handed_over == 1
        bringing.stop_bringing_over(webhook, actor=people.admin)
    bring(20)
    bring(30)
    assert {subject for subject, *_rest in told(receiver)} == {"First"}
    with organization_scope(fernhollow.id):
        bringing.start_bringing_over(webhook, actor=people.admin)
    for seconds in (40, 50, 60):
        bring(seconds)
    assert told(receiver) == EARLIER


def test_it_waits_while_the_webhook_is_paused_and_is_refused_where_it_makes_no_sense(
    fernhollow: Any, before: list[Ticket], subscribe: Any, integration: Integration, people: Any, bring: Any
) -> None:
    deaf = subscribe(integration, types=[EventType.TICKET_STATUS])
    webhook = subscribe(integration)
    with organization_scope(fernhollow.id):
        with pytest.raises(DomainError, match="when a ticket is opened"):
            bringing.start_bringing_over(deaf, actor=people.admin)
        bringing.start_bringing_over(webhook, actor=people.admin)
        pause_webhook(webhook, actor=people.admin)
        with pytest.raises(DomainError, match="not on"):
            bringing.start_bringing_over(webhook, actor=people.admin)
    bring()
    with organization_scope(fernhollow.id):
        assert BringingOver.objects.get().handed_over == 0


def test_the_page_of_the_webhook_offers_it_and_says_how_far_it_is(
    fernhollow: Any,
    before: list[Ticket],
    webhook: Webhook,
    integration: Integration,
    people: Any,
    signed_in: Any,
    bring: Any,
) -> None:
    place = {"slug": "fernhollow", "integration_id": integration.pk, "webhook_id": webhook.pk}
    page, part = reverse("webhook", kwargs=place), reverse("earlier_tickets", kwargs=place)
    admin: Client = signed_in(people.admin)
    assert "3 open tickets are older than this webhook." in admin.get(page).content.decode()
    admin.post(reverse("act_on_webhook", kwargs=place | {"action": "bring-over"}))
    running = admin.get(part).content.decode()
    assert "0 of 3 tickets are handed over." in running
    assert f'hx-get="{part}"' in running
    bring(calls=False)
    done = admin.get(part).content.decode()
    assert ("3 tickets were handed over," in done, "hx-get" in done) == (True, False)
