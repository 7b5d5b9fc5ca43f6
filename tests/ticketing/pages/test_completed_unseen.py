"""Whoever saw only the headers of a large mail has not seen the mail: no answer goes out over it unread."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import OutboxMessage
from tests.factories.incoming import make_mail, receive_head, receive_rest
from tests.factories.tickets import add_message
from ticketing.models import Message, MessageKind, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("F25")]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def large(desk: Any) -> Iterator[SimpleNamespace]:
    """A ticket from the headers of a large mail, and what its page's composer sends. The scope is open."""
    with organization_scope(desk.organization.id):
        sighting = receive_head(desk.mailbox, make_mail(message_id="huge@x.test"))
        ticket = Ticket.objects.get(id=sighting.ticket_id)
        message = ticket.messages.get()
        address = f"/o/fernhollow/tickets/{ticket.number}/"
        fields = {
            "mode": "reply",
            "html": "<p>Thank you.</p>",
            "to": ["anna@customer.test"],
            "answers": message.pk,
            "seen_position": ticket.last_position,
        }
        yield SimpleNamespace(ticket=ticket, address=address, message=message, sighting=sighting, fields=fields)


def complete(large: Any) -> None:
    """The rest of the mail has come."""
    receive_rest(large.sighting, make_mail(message_id="huge@x.test", text="Please cancel everything.\n"))


def part_with_the_message(client: Client, large: Any) -> Any:
    """What the page that waits for the rest gets once it is here."""
    address = f"{large.address}messages/{large.message.pk}/whole/"
    return client.get(address, {"seen_position": large.fields["seen_position"]}, headers=HTMX)


def seen_in(page: str) -> int:
    found = re.search(r'name="seen_position" value="(\d+)" id="composer-seen"', page)
    assert found is not None
    return int(found[1])


def test_over_the_rest_of_a_message_nothing_is_sent_and_having_read_it_it_is(large: Any, agent_client: Client) -> None:
    complete(large)
    refused = agent_client.post(f"{large.address}answers/", large.fields, headers=HTMX)
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "The rest of a large message came in while you were writing." in page
    assert "Please cancel everything." in page
    assert not OutboxMessage.objects.exists()
    again = agent_client.post(f"{large.address}answers/", large.fields | {"seen_position": seen_in(page)})
    assert again.status_code == 302
    assert Message.objects.filter(kind=MessageKind.OUTBOUND).count() == 1


def test_before_the_rest_is_here_an_answer_may_be_sent(large: Any, agent_client: Client) -> None:
    assert agent_client.post(f"{large.address}answers/", large.fields).status_code == 302


def test_a_page_opened_since_shows_it_and_sends(large: Any, agent_client: Client) -> None:
    complete(large)
    seen = seen_in(agent_client.get(large.address).content.decode())
    assert agent_client.post(f"{large.address}answers/", large.fields | {"seen_position": seen}).status_code == 302


def test_an_open_page_is_told_of_it(large: Any, agent_client: Client) -> None:
    complete(large)
    tick = agent_client.post(f"{large.address}presence/", large.fields, headers=HTMX)
    assert "1 new message" in tick.content.decode()


def test_the_page_into_which_it_came_has_shown_it(large: Any, agent_client: Client) -> None:
    complete(large)
    part = part_with_the_message(agent_client, large).content.decode()
    assert "Please cancel everything." in part
    assert 'hx-swap-oob="true"' in part
    sent = agent_client.post(f"{large.address}answers/", large.fields | {"seen_position": seen_in(part)})
    assert sent.status_code == 302


def test_another_message_that_came_with_it_stays_unseen(large: Any, agent_client: Client) -> None:
    complete(large)
    add_message(large.ticket, text="And answer quickly.")
    part = part_with_the_message(agent_client, large).content.decode()
    refused = agent_client.post(f"{large.address}answers/", large.fields | {"seen_position": seen_in(part)})
    assert refused.status_code == 409
    assert "And answer quickly." in refused.content.decode()
