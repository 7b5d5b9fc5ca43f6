"""Who a reply goes to is held against the last answer on the ticket: new ones are marked, those left out are named."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import OutboxMessage
from tests.factories.tickets import add_message
from ticketing.models import Message, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.req("F103")]
LEFT_OUT = "Left out since the last answer:"


@pytest.fixture
def send(desk: Any, agent_client: Client, written: Callable[..., dict[str, Any]]) -> Callable[..., None]:
    """The agent sends what the composer has."""

    def press(**changes: Any) -> None:
        with organization_scope(desk.organization.id):
            seen, sent = Ticket.objects.get().last_position, OutboxMessage.objects.count()
        answer = agent_client.post(f"{desk.address}answers/", written(seen_position=seen, **changes))
        assert answer.status_code == 302
        with organization_scope(desk.organization.id):
            assert OutboxMessage.objects.count() == sent + 1

    return press


@pytest.fixture
def mail(desk: Any) -> Callable[..., Message]:
    """The customer writes again, to these people too."""

    def come(*others: str) -> Message:
        with organization_scope(desk.organization.id):
            return add_message(desk.ticket, text="And now?", to=["support@fernhollow.test", *others])

    return come


def shown(client: Client, desk: Any, mode: str = "reply") -> tuple[list[str], str]:
    """The addresses that are marked as new, and who is named as left out."""
    page = client.get(f"{desk.address}?mode={mode}").content.decode()
    marked = re.findall(r'data-tone="new" title="New: the last answer did not go to ([^"]*)"', page)
    left_out = page.partition(LEFT_OUT)[2].partition("</p>")[0]
    return marked, re.sub(r"<[^>]*>", "", left_out).strip()


def test_before_the_first_answer_nobody_is_new(desk: Any, agent_client: Client, mail: Any) -> None:
    mail("bo@elsewhere.test")
    assert shown(agent_client, desk) == ([], "")


def test_the_same_people_are_not_marked(desk: Any, agent_client: Client, send: Any, mail: Any) -> None:
    send(to=["Anna@Customer.test"], cc=["bo@elsewhere.test"])
    mail("bo@elsewhere.test")
    assert shown(agent_client, desk) == ([], "")


def test_who_came_along_is_marked_and_who_went_is_named(desk: Any, agent_client: Client, send: Any, mail: Any) -> None:
    send(cc=["Bo Lind <bo@elsewhere.test>"], bcc=["boss@elsewhere.test"])
    mail("eve@elsewhere.test")
    assert shown(agent_client, desk) == (["eve@elsewhere.test"], "Bo Lind")
    assert shown(agent_client, desk, mode="forward") == ([], "")
    assert shown(agent_client, desk, mode="note") == ([], "")


def test_a_forward_is_no_answer(desk: Any, agent_client: Client, send: Any, mail: Any) -> None:
    send()
    send(mode="forward", to=["supplier@elsewhere.test"])
    mail()
    assert shown(agent_client, desk) == ([], "")


def test_what_is_no_address_is_bad_and_not_new(
    desk: Any, agent_client: Client, send: Any, written: Callable[..., dict[str, Any]]
) -> None:
    send()
    answer = agent_client.post(
        f"{desk.address}answers/", written(to=["anna", "Cy <cy@elsewhere.test>"], seen_position=10**6)
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count('data-tone="new"') == 1
    assert "did not go to Cy &lt;cy@elsewhere.test&gt;" in page
    assert "Anna Berg" in page.partition(LEFT_OUT)[2].partition("</p>")[0]
