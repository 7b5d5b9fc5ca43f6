"""The ticket's page knows the view one came from: in the rail, and by the ticket's place in it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import Team
from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import make_ticket
from ticketing.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def tickets(fernhollow: Any) -> list[Ticket]:
    """Three that need a reply, the newest first; the last one belongs to a team."""
    with organization_scope(fernhollow.id):
        team = Team.objects.create(name="Repairs")
        now = clock.now()
        made = [make_ticket(f"T{n}", active_at=now - timedelta(minutes=n)) for n in range(3)]
        Ticket.objects.filter(pk=made[2].pk).update(team=team)
        return list(Ticket.objects.order_by("-active_at"))


@pytest.fixture
def agent_client(people: Any, client: Client) -> Client:
    client.force_login(people.agent.user)
    return client


def opened(client: Client, ticket: Ticket, view: str = "") -> str:
    query = {"view": view} if view else {}
    return client.get(f"/o/fernhollow/tickets/{ticket.number}/", query).content.decode()


def marked(page: str) -> list[str]:
    """The current entries of the rail."""
    rail = page.partition('id="rail-lists"')[2].partition("</nav>")[0]
    return re.findall(r'aria-current="page".*?title="([^"]*)"', rail)


@pytest.mark.parametrize(
    ("view", "name"),
    [("mine", "Mine"), ("all-open", "All open"), ("", "Needs reply"), ("nonsense", "Needs reply")],
)
def test_the_rail_marks_the_view_one_came_from(
    agent_client: Client, tickets: list[Ticket], view: str, name: str
) -> None:
    assert marked(opened(agent_client, tickets[0], view)) == [name]


def test_the_rail_marks_a_team_and_nothing_for_all_tickets(agent_client: Client, tickets: list[Ticket]) -> None:
    assert marked(opened(agent_client, tickets[2], f"team-{tickets[2].team_id}")) == ["Repairs"]
    assert marked(opened(agent_client, tickets[0], "all")) == []


def test_the_mark_stays_when_a_change_draws_the_rail_anew(agent_client: Client, tickets: list[Ticket]) -> None:
    address = f"/o/fernhollow/tickets/{tickets[0].number}/"
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{address}?view=all-open"}
    parts = agent_client.post(f"{address}changes/priority/", {"value": "high"}, headers=headers).content.decode()
    assert set(marked(parts)) == {"All open"}  # in the rail and in the sheet of phones


@pytest.mark.parametrize(("index", "place"), [(0, "1 of 3"), (1, "2 of 3"), (2, "3 of 3")])
def test_the_place_in_the_view_stands_beside_the_arrows(
    agent_client: Client, tickets: list[Ticket], index: int, place: str
) -> None:
    assert f">{place}</span>" in opened(agent_client, tickets[index])


def test_a_ticket_that_has_left_the_view_has_no_place_in_it(agent_client: Client, tickets: list[Ticket]) -> None:
    assert " of 3</span>" not in opened(agent_client, tickets[0], "waiting")
