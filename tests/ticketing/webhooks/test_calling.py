"""Calls to another system: each event once or, after a crash, again under the same id; in order for each ticket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.tenancy import work
from helpdesk.tenancy.models import Installation, WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import add_message, make_ticket
from tests.fakes.https import Answer, Fault, json_answer
from tests.fakes.webhook_receiver import WebhookReceiver
from ticketing.models import (
    DeliveryStatus,
    EventType,
    Message,
    MessageKind,
    Priority,
    Status,
    Ticket,
    TicketEvent,
    Webhook,
    WebhookDelivery,
    WebhookState,
)
from ticketing.services import changes
from ticketing.services.history import By, by_author
from ticketing.services.integrations.integrations import pause_integration, resume_integration
from ticketing.services.webhooks import calling, following, subscriptions

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.req("S3.5", "S3.6")]

FAILS = Answer(status=500, content=b"no")


@pytest.fixture
def ticket(fernhollow: Any, webhook: Webhook) -> Ticket:
    """A ticket that came after the webhook was made; its message is the first event."""
    with organization_scope(fernhollow.id):
        return make_ticket()


@pytest.fixture
def change(fernhollow: Any, people: Any) -> Callable[..., None]:
    """An agent (or whoever is named) gives a ticket a status."""

    def move(ticket: Ticket, status: Status, by: By | None = None) -> None:
        with organization_scope(fernhollow.id):
            changes.change_status([ticket], status=status, by=by or By(actor=people.agent))

    return move


def test_what_happens_to_a_ticket_is_told_in_order(
    fernhollow: Any, people: Any, ticket: Ticket, receiver: WebhookReceiver, work_off: Any, change: Any
) -> None:
    by = By(actor=people.agent)
    change(ticket, Status.HOLD)
    with organization_scope(fernhollow.id):
        changes.set_priority([ticket], priority=Priority.HIGH, by=by)
        changes.add_tag([ticket], name="valve", by=by)
        changes.rename(ticket, subject="It hisses louder", by=by)
        add_message(ticket, kind=MessageKind.NOTE, text="Call him.", author=people.agent)
    work_off()
    assert receiver.types == ["message.created", "ticket.status", *["ticket.updated"] * 3, "note.created"]
    said = [event["data"].get("change") for event in receiver.told]
    assert said == [
        None,
        {"field": "status", "from": "new", "to": "hold"},
        {"field": "priority", "from": "normal", "to": "high"},
        {"field": "tags", "added": "valve"},
        {"field": "subject", "from": "Stove valve hisses", "to": "It hisses louder"},
        None,
    ]
    first = receiver.told[0]
    assert first["organization"] == "fernhollow"
    assert first["data"]["message"]["text"] == "It hisses."
    assert first["data"]["ticket"]["number"] == ticket.number
    assert len({event["id"] for event in receiver.told}) == 6


def test_only_the_chosen_events_are_told(
    fernhollow: Any, subscribe: Any, integration: Any, receiver: WebhookReceiver, work_off: Any, change: Any
) -> None:
    subscribe(integration, types=[EventType.TICKET_STATUS])
    with organization_scope(fernhollow.id):
        ticket = make_ticket()
    change(ticket, Status.HOLD)
    work_off()
    assert receiver.types == ["ticket.status"]


def test_what_a_program_did_is_told_to_others_and_not_to_itself(
    fernhollow: Any, people: Any, ticket: Ticket, integration: Any, webhook: Webhook, change: Any, work_off: Any
) -> None:
    change(ticket, Status.HOLD, by_author(integration))
    work_off()
    with organization_scope(fernhollow.id):
        told = WebhookDelivery.objects.filter(webhook=webhook).values_list("type", flat=True)
        assert list(told) == ["message.created"]


def test_a_failed_call_is_made_again_under_the_same_id_and_the_next_event_waits(
    ticket: Ticket, receiver: WebhookReceiver, work_off: Any, due_at: Any, change: Any
) -> None:
    change(ticket, Status.HOLD)
    receiver.answers = [FAILS]
    work_off()
    assert receiver.types == ["message.created"]
    assert due_at() > clock.now()
    work_off(due_at())
    assert receiver.types == ["message.created", "message.created", "ticket.status"]
    assert receiver.told[0]["id"] == receiver.told[1]["id"]


def test_another_ticket_does_not_wait_for_one_that_fails(
    fernhollow: Any, ticket: Ticket, receiver: WebhookReceiver, work_off: Any, change: Any
) -> None:
    with organization_scope(fernhollow.id):
        other = make_ticket("Other")
    receiver.answers = [FAILS]
    work_off()
    told = [event["data"]["ticket"]["number"] for event in receiver.told]
    assert told == [ticket.number, other.number]


def test_a_call_whose_answer_was_lost_is_made_again_under_the_same_id(
    ticket: Ticket, receiver: WebhookReceiver, work_off: Any, due_at: Any
) -> None:
    receiver.next("/hook", Fault.CUT_AFTER)
    work_off()
    work_off(due_at())
    assert receiver.types == ["message.created"] * 2
    assert receiver.told[0]["id"] == receiver.told[1]["id"]


@pytest.mark.parametrize("status", [429, 503])
def test_a_wish_to_wait_holds_for_all_tickets(
    fernhollow: Any, ticket: Ticket, receiver: WebhookReceiver, webhook: Webhook, work_off: Any, status: int
) -> None:
    receiver.answers = [json_answer({}, status=status, Retry_After="1800")]
    work_off()
    with organization_scope(fernhollow.id):
        make_ticket("Other")
    work_off(clock.now() + timedelta(minutes=20))
    assert len(receiver.told) == 1
    work_off(clock.now() + timedelta(minutes=31))
    assert len(receiver.told) == 3


@pytest.mark.parametrize("answer", [json_answer({}, status=302, Location="/elsewhere"), Answer(status=404)])
def test_a_redirect_is_not_followed_and_counts_as_a_failure(
    fernhollow: Any, ticket: Ticket, receiver: WebhookReceiver, work_off: Any, answer: Answer
) -> None:
    receiver.answers = [answer]
    work_off()
    assert [request.path for request in receiver.requests] == ["/hook"]
    with organization_scope(fernhollow.id):
        delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.status_code) == (DeliveryStatus.WAITING, answer.status)


def test_410_stops_the_webhook_and_tells_the_admins(
    fernhollow: Any, ticket: Ticket, receiver: WebhookReceiver, webhook: Webhook, work_off: Any, change: Any
) -> None:
    receiver.answers = [Answer(status=410)]
    work_off()
    change(ticket, Status.HOLD)
    work_off(clock.now() + timedelta(days=1))
    with organization_scope(fernhollow.id):
        webhook.refresh_from_db()
        assert (webhook.state, webhook.stop_reason) == (WebhookState.STOPPED, "gone")
        assert AuditEntry.objects.filter(action="webhook.stopped").exists()
    assert WorkItem.objects.filter(kind=WorkKind.NOTIFY).exists()
    assert len(receiver.told) == 1


def _fail_for(days: float, *, receiver: WebhookReceiver, work_off: Any, due_at: Callable[[], datetime]) -> None:
    ends_at = clock.now() + timedelta(days=days)
    receiver.answers = [FAILS] * 100
    work_off()
    while WorkItem.objects.filter(kind=WorkKind.WEBHOOK).exists() and due_at() < ends_at:
        work_off(due_at())
    receiver.answers = []


def test_after_three_days_it_stops_and_a_click_brings_all_that_was_missed(
    fernhollow: Any, people: Any, ticket: Ticket, receiver: WebhookReceiver, work_off: Any, due_at: Any, change: Any
) -> None:
    webhook = Webhook.objects  # read below, in the scope
    _fail_for(3.3, receiver=receiver, work_off=work_off, due_at=due_at)
    with organization_scope(fernhollow.id):
        stopped = webhook.get()
        assert (stopped.state, stopped.stop_reason) == (WebhookState.STOPPED, "failing")
    attempts = len(receiver.told)
    assert 15 < attempts < 40
    change(ticket, Status.HOLD)
    change(ticket, Status.SOLVED)
    later = clock.now() + timedelta(days=5)
    work_off(later)
    assert len(receiver.told) == attempts
    with organization_scope(fernhollow.id), clock.held_at(later):
        subscriptions.resume_webhook(stopped, actor=people.admin)
    work_off(later)
    assert receiver.types[attempts:] == ["message.created", "ticket.status", "ticket.status"]


def test_one_event_that_never_gets_through_is_given_up_and_the_ticket_goes_on(
    fernhollow: Any, ticket: Ticket, receiver: WebhookReceiver, webhook: Webhook, work_off: Any, change: Any
) -> None:
    receiver.answers = [FAILS]
    work_off()
    with organization_scope(fernhollow.id):
        late = clock.now() - timedelta(days=3, minutes=1)
        WebhookDelivery.objects.update(first_tried_at=late)  # meanwhile others got through
    change(ticket, Status.HOLD)
    receiver.answers = [FAILS]
    work_off(clock.now() + timedelta(minutes=5))
    with organization_scope(fernhollow.id):
        states = list(WebhookDelivery.objects.order_by("id").values_list("state", flat=True))
        assert states == [DeliveryStatus.FAILED, DeliveryStatus.SENT]


def test_a_reply_that_was_taken_back_is_never_told(
    fernhollow: Any, people: Any, ticket: Ticket, receiver: WebhookReceiver, work_off: Any
) -> None:
    with organization_scope(fernhollow.id):
        message = add_message(ticket, kind=MessageKind.OUTBOUND, author=people.agent)
        Message.objects.filter(pk=message.pk).delete()
    work_off()
    assert receiver.types == ["message.created"]
    with organization_scope(fernhollow.id):
        assert WebhookDelivery.objects.get(position=message.position).state == DeliveryStatus.UNDONE


def test_a_paused_integration_is_told_nothing_until_it_is_resumed(
    fernhollow: Any, people: Any, ticket: Ticket, integration: Any, receiver: WebhookReceiver, work_off: Any
) -> None:
    with organization_scope(fernhollow.id):
        pause_integration(integration, actor=people.admin)
    work_off()
    assert receiver.told == []
    with organization_scope(fernhollow.id):
        resume_integration(integration, actor=people.admin)
    work_off()
    assert receiver.types == ["message.created"]


def test_two_secrets_sign_while_one_replaces_the_other(
    fernhollow: Any, people: Any, ticket: Ticket, webhook: Webhook, receiver: WebhookReceiver, work_off: Any
) -> None:
    with organization_scope(fernhollow.id):
        new = subscriptions.rotate_secret(webhook, actor=people.admin)
    work_off()
    assert receiver.types == ["message.created"]
    receiver.secrets = [new]
    with organization_scope(fernhollow.id):
        subscriptions.send_again(WebhookDelivery.objects.get(), actor=people.admin)
    work_off()
    assert receiver.types == ["message.created"] * 2
    later = clock.now() + timedelta(days=2)
    with organization_scope(fernhollow.id), clock.held_at(later):
        webhook.refresh_from_db()
        assert calling.secrets_of(webhook) == (new,)


@pytest.mark.parametrize(("answers", "state"), [([], DeliveryStatus.SENT), ([FAILS], DeliveryStatus.FAILED)])
def test_a_test_event_goes_out_once_also_while_the_webhook_is_paused(
    fernhollow: Any, people: Any, webhook: Webhook, receiver: WebhookReceiver, work_off: Any, answers: Any, state: str
) -> None:
    receiver.answers = list(answers)
    with organization_scope(fernhollow.id):
        subscriptions.pause_webhook(webhook, actor=people.admin)
        delivery = subscriptions.send_test(webhook, actor=people.admin)
    work_off()
    assert receiver.types == ["test"]
    with organization_scope(fernhollow.id):
        delivery.refresh_from_db()
        assert delivery.state == state
    assert not WorkItem.objects.filter(kind=WorkKind.WEBHOOK).exists()


def test_changes_that_go_round_between_programs_are_held(
    fernhollow: Any,
    people: Any,
    ticket: Ticket,
    integration: Any,
    receiver: WebhookReceiver,
    change: Any,
    work_off: Any,
) -> None:
    from tests.factories.integrations import make_integration

    with organization_scope(fernhollow.id):
        other = make_integration(people.admin, name="Third desk")
    for number in range(following.MAX_HOPS + 5):
        change(ticket, [Status.HOLD, Status.OPEN][number % 2], by_author(other))
    change(ticket, Status.SOLVED)
    work_off()
    assert receiver.types.count("ticket.status") == following.MAX_HOPS + 1  # and the person's
    with organization_scope(fernhollow.id):
        held = WebhookDelivery.objects.filter(state=DeliveryStatus.HELD)
        assert held.count() == 5
        assert AuditEntry.objects.filter(action="webhook.loop").count() == 1


def test_nothing_is_followed_where_nobody_is_told(fernhollow: Any, people: Any, integration: Any) -> None:
    with organization_scope(fernhollow.id):
        make_ticket()
    assert not WorkItem.objects.filter(kind=WorkKind.FOLLOW).exists()


def test_an_event_that_is_undone_by_its_transaction_makes_no_work(fernhollow: Any, webhook: Webhook) -> None:
    from django.db import transaction

    with organization_scope(fernhollow.id):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            make_ticket()
            raise ZeroDivisionError
        assert not TicketEvent.objects.exists()
    assert not WorkItem.objects.filter(kind=WorkKind.FOLLOW).exists()


def test_an_event_that_comes_while_others_are_followed_is_not_missed(
    fernhollow: Any, webhook: Webhook, receiver: WebhookReceiver, work_off: Any
) -> None:
    with organization_scope(fernhollow.id):
        make_ticket("First")
    claim = work.claim_row(WorkKind.FOLLOW, organization_id=fernhollow.id, row_id=fernhollow.id, lease_s=60)
    assert claim is not None
    with organization_scope(fernhollow.id):
        make_ticket("Second")
    following.handle(claim)
    with organization_scope(fernhollow.id):
        make_ticket("Third")
    work_off()
    assert receiver.types == ["message.created"] * 3


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://desk.example/hook", "url"),
        ("https://user:pass@desk.example/hook", "url"),
        ("https://desk.example/hook#part", "url"),
        ("https://10.0.0.1/hook", "url"),
        ("https://[::1]/hook", "url"),
        ("https://exa mple/", "url"),
        ("desk.example", "url"),
    ],
)
def test_an_address_that_cannot_be_is_refused(
    fernhollow: Any, people: Any, integration: Any, url: str, code: str
) -> None:
    from helpdesk.lib.errors import DomainError

    with organization_scope(fernhollow.id), pytest.raises(DomainError) as refused:
        data = subscriptions.WebhookInput(url=url, types=EventType.values)
        subscriptions.create_webhook(integration, data, actor=people.admin)
    assert refused.value.code == code


def test_after_a_restore_other_events_have_other_ids(
    fernhollow: Any, ticket: Ticket, receiver: WebhookReceiver, webhook: Webhook, work_off: Any
) -> None:
    work_off()
    with organization_scope(fernhollow.id):
        WebhookDelivery.objects.all().delete()
        Webhook.objects.update(position=webhook.position)  # the backup knew nothing of what came since
    Installation.objects.update_or_create(id=1, defaults={"outbox_epoch": 7})
    with organization_scope(fernhollow.id):
        make_ticket()
    work_off()
    assert len({event["id"] for event in receiver.told}) == len(receiver.told) == 3
