"""What a ticket shows and does when its answer did not get through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mailboxes import signals
from mailboxes.models import DeliveryState, OutboxMessage, OutboxRecipient
from ticketing.models import EventKind, Message, Status, Ticket, TicketEvent
from ticketing.queries.delivery import delivery_of

pytestmark = [pytest.mark.django_db, pytest.mark.both]
Reply = Callable[..., Message]


def settle(message: Message, state: DeliveryState) -> None:
    assert message.outbox is not None
    OutboxRecipient.objects.update(state=state, code=550, detail="5.1.1 no such user")
    OutboxMessage.objects.update(state=state)
    signals.outbox_settled.send(
        sender=OutboxMessage, organization_id=message.organization_id, outbox_id=message.outbox.id, state=state
    )


def test_a_failure_stands_in_the_history_with_the_servers_words(desk: Any, reply: Reply) -> None:
    message = reply()
    settle(message, DeliveryState.FAILED)
    event = TicketEvent.objects.get(kind=EventKind.DELIVERY_FAILED)
    assert (event.message, event.data["state"]) == (message, "failed")
    assert event.data["recipients"] == {
        "anna@customer.test": {"state": "failed", "code": 550, "detail": "5.1.1 no such user"}
    }


@pytest.mark.parametrize("status", [Status.WAITING, Status.SOLVED, Status.CLOSED])
@pytest.mark.req("F87")
def test_a_failure_brings_the_ticket_back(status: Status, desk: Any, reply: Reply) -> None:
    settle(reply(status_after=status), DeliveryState.FAILED)
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.needs_reply, ticket.solved_at) == ("open", True, None)
    assert TicketEvent.objects.order_by("position").last().position == ticket.last_position


def test_what_is_unknown_is_told_and_moves_nothing(desk: Any, reply: Reply) -> None:
    settle(reply(status_after=Status.SOLVED), DeliveryState.UNKNOWN)
    assert Ticket.objects.get().status == Status.SOLVED
    assert TicketEvent.objects.get(kind=EventKind.DELIVERY_FAILED).data["state"] == "unknown"


def test_the_same_news_is_told_once(desk: Any, reply: Reply) -> None:
    message = reply()
    settle(message, DeliveryState.FAILED)
    settle(message, DeliveryState.FAILED)
    assert TicketEvent.objects.filter(kind=EventKind.DELIVERY_FAILED).count() == 1


@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.CANCELLED])
def test_good_news_is_no_event(state: DeliveryState, desk: Any, reply: Reply) -> None:
    settle(reply(), state)
    assert not TicketEvent.objects.filter(kind=EventKind.DELIVERY_FAILED).exists()


def test_mail_of_no_ticket_is_nobodys_news(desk: Any) -> None:
    signals.outbox_settled.send(sender=OutboxMessage, organization_id=1, outbox_id=999, state=DeliveryState.FAILED)
    assert not TicketEvent.objects.filter(kind=EventKind.DELIVERY_FAILED).exists()


def test_deliveries_of_a_thread_take_two_queries(desk: Any, reply: Reply, django_assert_num_queries: Any) -> None:
    answers = [reply(answered=None), reply(answered=None)]
    with django_assert_num_queries(2):
        found = delivery_of([desk.question, *answers])
        assert [found[answer.id].recipients[0].address for answer in answers] == ["anna@customer.test"] * 2
    assert desk.question.id not in found
