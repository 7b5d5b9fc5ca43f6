"""An answer that came back says so on the ticket: when, in whose words, and where the report is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from mailboxes.models import DeliveryState, OutboxMessage, OutboxRecipient
from tests.factories.incoming import receive, receive_head, receive_rest
from tests.ticketing.inbound.test_policy import make_bounce
from ticketing.mail.values import Address
from ticketing.models import Message
from ticketing.queries.delivery import delivery_of

pytestmark = pytest.mark.django_db
ANNA, BEN = Address("Anna Berg", "anna@customer.test"), Address("", "ben@customer.test")
Reply = Callable[..., Message]


@pytest.fixture
def sent(reply: Reply) -> Callable[..., Message]:
    """An answer that went out to these people."""

    def send(*people: Address) -> Message:
        message = reply(to=list(people), answered=None)
        OutboxMessage.objects.update(state=DeliveryState.SENT)
        OutboxRecipient.objects.update(state=DeliveryState.SENT)
        return message

    return send


def told(desk: Any, client: Client, message: Message) -> str:
    """What the ticket's page says of the message's delivery, without marks."""
    client.force_login(desk.agent.user)
    page = client.get(f"/o/fernhollow/tickets/{desk.ticket.number}/").content.decode()
    part = page.partition(f'id="delivery-{message.pk}"')[2].partition("</article>")[0]
    return re.sub(r"<(?!a )[^>]*>", "", part)


@pytest.mark.req("F84", "S2.9")
def test_the_only_recipient_s_bounce_stands_on_the_message_with_its_report(
    desk: Any, sent: Any, client: Client
) -> None:
    message = sent(ANNA)
    receive(desk.mailbox, make_bounce(message.message_id))
    words = told(desk, client, message)
    assert "Came back" in words
    assert "Sent" not in words
    assert "The server said: 5.1.1" in words
    report = Message.objects.get(bounce_of=message)
    assert f'href="#message-{report.pk}">The report' in words
    assert "anna@customer.test" not in words  # the line above names her


def test_a_delay_leaves_it_sent(desk: Any, sent: Any, client: Client) -> None:
    message = sent(ANNA)
    receive(desk.mailbox, make_bounce(message.message_id, action="delayed"))
    words = told(desk, client, message)
    assert "Sent" in words
    assert "Came back" not in words


def test_of_several_recipients_those_are_named(desk: Any, sent: Any, client: Client) -> None:
    message = sent(ANNA, BEN)
    receive(desk.mailbox, make_bounce(message.message_id, recipient="ben@customer.test"))
    words = told(desk, client, message).partition("For each recipient")[0]
    assert "from ben@customer.test" in words
    assert "anna@customer.test" not in words


@pytest.mark.req("F84", "F107")
def test_of_several_recipients_the_one_who_does_not_exist_gives_the_reason(
    desk: Any, sent: Any, client: Client
) -> None:
    message = sent(ANNA, BEN)
    OutboxRecipient.objects.filter(address=ANNA.address).update(code=250, detail="2.0.0 queued")
    unknown = OutboxRecipient.objects.filter(address=BEN.address)
    unknown.update(state="failed", code=550, reason="recipient_unknown", detail="5.1.1 who?")
    OutboxMessage.objects.update(state=DeliveryState.FAILED)
    words, _, each = told(desk, client, message).partition("For each recipient")
    assert "there is no such address" in words
    assert "The server said: 5.1.1 who?" in words
    assert "no such address" in each.partition("ben@customer.test")[2]


def test_a_report_that_was_fetched_whole_later_and_stands_in_another_ticket_is_linked_there(
    desk: Any, sent: Any, client: Client
) -> None:
    message = sent(ANNA)
    mail = make_bounce(message.message_id)
    receive_rest(receive_head(desk.mailbox, mail), mail)
    report = Message.objects.select_related("ticket").get(bounce_of=message)
    assert report.ticket_id != message.ticket_id
    assert f'href="/o/fernhollow/tickets/{report.ticket.number}/#message-{report.pk}"' in told(desk, client, message)


def test_what_came_back_of_many_answers_takes_one_query_more(
    desk: Any, sent: Any, django_assert_num_queries: Any
) -> None:
    answers = [sent(ANNA), sent(ANNA), sent(ANNA)]
    with django_assert_num_queries(2):
        delivery_of(answers)
    receive(desk.mailbox, *(make_bounce(message.message_id) for message in answers))
    with django_assert_num_queries(3):
        found = delivery_of(answers)
    assert all(found[message.id].returns[0].report_id for message in answers)
