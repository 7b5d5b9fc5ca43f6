"""A ticket that a customer opened by mail, and an agent who answers it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest


@pytest.fixture
def desk(people: Any, in_fernhollow: Any, settings: Any, tmp_path: Any) -> SimpleNamespace:
    """mailbox, server, ticket with the customer's message, and the agent; in fernhollow's scope."""
    from tests.factories.outgoing import make_mailbox, make_outgoing_server
    from tests.factories.tickets import make_contact, make_ticket

    settings.MEDIA_ROOT = tmp_path / "files"
    server = make_outgoing_server()
    mailbox = make_mailbox(server, address="support@fernhollow.test")
    ticket = make_ticket("Printer on fire", contact=make_contact("Anna Berg", "anna@customer.test"), mailbox=mailbox)
    return SimpleNamespace(
        organization=in_fernhollow,
        server=server,
        mailbox=mailbox,
        ticket=ticket,
        question=ticket.messages.get(),
        agent=people.agent,
        admin=people.admin,
    )


@pytest.fixture
def reply(desk: Any) -> Callable[..., Any]:
    """The agent answers; whatever is not said is as the page would have it."""
    from ticketing.mail.values import Address
    from ticketing.outbound.replies import Answer, queue_reply

    def write(html: str = "<p>Pull the <b>plug</b>.</p>", *, author: Any = None, **changes: Any) -> Any:
        answered = changes.pop("answered", desk.question)
        desk.ticket.refresh_from_db()
        defaults = {"to": [Address("Anna Berg", "anna@customer.test")], "seen_position": desk.ticket.last_position}
        answer = Answer(html=html, **(defaults | changes))
        return queue_reply(desk.ticket, author=author or desk.agent, answer=answer, answered=answered)

    return write
