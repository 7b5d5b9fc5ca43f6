"""Writing and sending from the ticket's page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import OutboxRecipient
from ticketing.models import Message, MessageKind, Ticket

pytestmark = pytest.mark.django_db
Fields = Callable[..., dict[str, Any]]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ours(desk: Any) -> Any:
    """Rows may be looked at: the organization's scope is open."""
    with organization_scope(desk.organization.id):
        yield


def send(client: Client, desk: Any, fields: dict[str, Any], **headers: Any) -> Any:
    return client.post(f"{desk.address}answers/", fields, **headers)


@pytest.mark.req("S4.1")
def test_a_reply_from_the_page_is_in_the_ticket_and_in_the_outbox(
    desk: Any, agent_client: Client, written: Fields, ours: None
) -> None:
    answer = send(agent_client, desk, written())
    assert (answer.status_code, answer["Location"]) == (302, desk.address)
    message = Message.objects.get(kind=MessageKind.OUTBOUND)
    assert (message.html, message.author) == ("<p>Pull the <b>plug</b>.</p>", desk.agent)
    assert OutboxRecipient.objects.get().address == "anna@customer.test"
    assert Ticket.objects.get().status == "waiting"


def test_the_form_sends_by_itself_what_the_reply_needs(desk: Any, agent_client: Client, ours: None) -> None:
    page = agent_client.get(desk.address).content.decode()
    form = page.split("data-composer", 1)[1].split("</form>", 1)[0]
    pairs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    fields = {name: value for name, value in pairs if name != "csrfmiddlewaretoken"} | {"html": "<p>Hello</p>"}
    assert send(agent_client, desk, fields).status_code == 302
    assert Message.objects.get(kind=MessageKind.OUTBOUND).recipients.get().name == "Anna Berg"


def test_an_empty_reply_is_refused_in_place(desk: Any, agent_client: Client, written: Fields) -> None:
    answer = send(agent_client, desk, written("<p> </p>"))
    assert answer.status_code == 422
    assert "Write something first." in answer.content.decode()
