"""A ticket that can be answered, its agent and a browser signed in as her."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client


@pytest.fixture
def desk(people: Any, fernhollow: Any, settings: Any, tmp_path: Any) -> SimpleNamespace:
    """mailbox, server, ticket with the customer's message, the agent; outside any scope."""
    from helpdesk.tenancy.scope import organization_scope
    from tests.factories.outgoing import make_mailbox, make_outgoing_server
    from tests.factories.tickets import make_contact, make_ticket

    settings.MEDIA_ROOT = tmp_path / "files"
    with organization_scope(fernhollow.id):
        server = make_outgoing_server()
        mailbox = make_mailbox(server, address="support@fernhollow.test")
        contact = make_contact("Anna Berg", "anna@customer.test")
        ticket = make_ticket("Printer on fire", contact=contact, mailbox=mailbox)
        question = ticket.messages.get()
    return SimpleNamespace(
        organization=fernhollow,
        server=server,
        mailbox=mailbox,
        ticket=ticket,
        question=question,
        agent=people.agent,
        people=people,
        address=f"/o/fernhollow/tickets/{ticket.number}/",
    )


@pytest.fixture
def agent_client(desk: Any, client: Client) -> Client:
    """A browser signed in as the agent."""
    client.force_login(desk.agent.user)
    return client


@pytest.fixture
def written(desk: Any) -> Callable[..., dict[str, Any]]:
    """What the composer's form sends; whatever is not said is as the page has it."""

    def fields(html: str = "<p>Pull the <b>plug</b>.</p>", **changes: Any) -> dict[str, Any]:
        defaults = {
            "mode": "reply",
            "html": html,
            "to": ["anna@customer.test"],
            "answers": desk.question.pk,
            "seen_position": desk.ticket.last_position,
        }
        return defaults | changes

    return fields
