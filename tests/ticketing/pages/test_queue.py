"""The list of tickets: what it holds, finds, counts and changes, and for whom."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import add_message, make_contact, make_ticket
from ticketing.models import MessageKind, Status, Ticket

pytestmark = pytest.mark.django_db
QUEUE = "/o/fernhollow/views/{}/"


@pytest.fixture
def ticket(fernhollow: Any) -> Ticket:
    with organization_scope(fernhollow.id):
        return make_ticket("Stove valve hisses")


@pytest.fixture
def agent_client(people: Any, client: Client) -> Client:
    client.force_login(people.agent.user)
    return client


def test_the_queue_shows_a_ticket_that_needs_a_reply(ticket: Ticket, agent_client: Client) -> None:
    page = agent_client.get(QUEUE.format("needs-reply")).content.decode()
    assert "Stove valve hisses" in page
    assert f"#{ticket.number}" in page


@pytest.mark.req("S5.76")
def test_who_wrote_last_is_named_in_the_queue_and_beside_the_ticket(
    ticket: Ticket, agent_client: Client, fernhollow: Any
) -> None:
    with organization_scope(fernhollow.id):
        Ticket.objects.filter(pk=ticket.pk).update(last_author="Ben <Ode>")
    assert "<bdi>Ben &lt;Ode&gt;</bdi>: " in agent_client.get(QUEUE.format("needs-reply")).content.decode()
    beside = agent_client.get(f"/o/fernhollow/tickets/{ticket.number}/").content.decode()
    assert "Updated</dt>" in beside
    assert ">Ben &lt;Ode&gt;</bdi>" in beside


@pytest.mark.parametrize(
    ("view", "changes"),
    [
        ("waiting", {"status": Status.WAITING}),
        ("on-hold", {"status": Status.HOLD}),
        ("solved", {"status": Status.SOLVED}),
        ("solved", {"status": Status.CLOSED}),
        ("spam", {"is_spam": True}),
        ("unassigned", {}),
        ("needs-reply", {}),
        ("all-open", {}),
    ],
)
def test_each_view_holds_its_tickets(
    ticket: Ticket, agent_client: Client, fernhollow: Any, view: str, changes: dict[str, Any]
) -> None:
    with organization_scope(fernhollow.id):
        Ticket.objects.filter(pk=ticket.pk).update(**changes)
    assert "Stove valve hisses" in agent_client.get(QUEUE.format(view)).content.decode()


def test_the_rail_lists_every_view_with_its_count(agent_client: Client, fernhollow: Any, people: Any) -> None:
    answered = {"needs_reply": False, "waiting_since": None}
    with organization_scope(fernhollow.id):
        make_ticket("New")
        make_ticket("Mine", assignee=people.agent, status=Status.OPEN)
        for _ in range(2):
            make_ticket("Waits", assignee=people.admin, status=Status.WAITING, **answered)
        make_ticket("Held", assignee=people.admin, status=Status.HOLD, **answered)
        make_ticket("Done", status=Status.SOLVED, **answered)
        make_ticket("Junk", is_spam=True)
    page = agent_client.get(QUEUE.format("mine")).content.decode()
    rail = page.partition('id="rail-lists"')[2].partition("</nav>")[0]
    entries = re.findall(r'<span class="clip"[^>]*>([^<]*)</span>(?:<span class="rail__n">([^<]*)</span>)?', rail)
    assert entries == [
        ("Needs reply", "2"),
        ("Mine", "1"),
        ("Unassigned", "1"),
        ("Waiting on customer", "2"),
        ("On hold", "1"),
        ("All open", "5"),
        ("Solved", ""),
        ("Spam", "1"),
        ("Contacts", ""),
    ]


def test_spam_is_in_no_other_view(ticket: Ticket, agent_client: Client, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        Ticket.objects.filter(pk=ticket.pk).update(is_spam=True)
    assert "Stove valve hisses" not in agent_client.get(QUEUE.format("needs-reply")).content.decode()


def test_a_search_that_finds_nothing_here_leads_to_all_tickets(
    ticket: Ticket, agent_client: Client, fernhollow: Any
) -> None:
    with organization_scope(fernhollow.id):
        Ticket.objects.filter(pk=ticket.pk).update(status=Status.CLOSED, needs_reply=False)
    here = agent_client.get(QUEUE.format("needs-reply"), {"q": str(ticket.number)}).content.decode()
    assert "No ticket here matches" in here
    assert f'href="{QUEUE.format("all")}?q={ticket.number}"' in here
    assert "Stove valve hisses" in agent_client.get(QUEUE.format("all"), {"q": str(ticket.number)}).content.decode()


def test_all_tickets_are_no_view_of_the_rail(ticket: Ticket, agent_client: Client) -> None:
    assert QUEUE.format("all") not in agent_client.get(QUEUE.format("needs-reply")).content.decode()


def test_an_unknown_view_is_not_found(agent_client: Client) -> None:
    assert agent_client.get(QUEUE.format("nonsense")).status_code == 404


def test_a_stranger_finds_nothing(ticket: Ticket, people: Any, client: Client) -> None:
    client.force_login(people.stranger.user)
    assert client.get(QUEUE.format("needs-reply")).status_code == 404
    assert client.get(f"/o/fernhollow/tickets/{ticket.number}/").status_code == 404


def test_another_organizations_ticket_is_not_found_in_ones_own(ticket: Ticket, people: Any, client: Client) -> None:
    client.force_login(people.stranger.user)
    assert client.get(f"/o/otherco/tickets/{ticket.number}/").status_code == 404


def test_the_list_costs_the_same_for_one_ticket_and_for_many(
    fernhollow: Any, agent_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with organization_scope(fernhollow.id):
        contact = make_contact()
        for number in range(60):
            make_ticket(f"Ticket {number}", contact=contact)
    agent_client.get(QUEUE.format("needs-reply"))
    with django_assert_max_num_queries(16):
        page = agent_client.get(QUEUE.format("needs-reply")).content.decode()
    assert page.count('class="trow') >= 50


def test_htmx_gets_the_list_alone(ticket: Ticket, agent_client: Client) -> None:
    part = agent_client.get(QUEUE.format("needs-reply"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "Stove valve hisses" in part


def test_picked_tickets_are_changed_together(ticket: Ticket, agent_client: Client, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        other = make_ticket("Another")
    agent_client.post(
        "/o/fernhollow/tickets/changes/status/", {"ticket": [ticket.number, other.number], "value": "solved"}
    )
    with organization_scope(fernhollow.id):
        assert set(Ticket.objects.values_list("status", flat=True)) == {Status.SOLVED}


def test_a_viewer_changes_nothing(ticket: Ticket, people: Any, client: Client, fernhollow: Any) -> None:
    client.force_login(people.viewer.user)
    answer = client.post(f"/o/fernhollow/tickets/{ticket.number}/changes/status/", {"value": "solved"})
    assert answer.status_code == 403


def test_the_ticket_page_shows_messages_and_notes(
    ticket: Ticket, agent_client: Client, fernhollow: Any, people: Any
) -> None:
    with organization_scope(fernhollow.id):
        add_message(ticket, kind=MessageKind.NOTE, text="Batch 24-07-B is recalled.", author=people.agent)
    page = agent_client.get(f"/o/fernhollow/tickets/{ticket.number}/").content.decode()
    assert "It hisses." in page
    assert "Batch 24-07-B is recalled." in page


def test_opening_a_ticket_marks_it_read(ticket: Ticket, agent_client: Client) -> None:
    assert "is-unread" in agent_client.get(QUEUE.format("needs-reply")).content.decode()
    agent_client.get(f"/o/fernhollow/tickets/{ticket.number}/")
    assert "is-unread" not in agent_client.get(QUEUE.format("needs-reply")).content.decode()


def test_the_ticket_page_costs_the_same_for_two_messages_and_for_thirty(
    ticket: Ticket, agent_client: Client, fernhollow: Any, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with organization_scope(fernhollow.id):
        for number in range(40):
            add_message(ticket, text=f"message {number}")
    # One each: whom rules have added, whom the last answer went to, links, suggested tags, what waits in the rail.
    with django_assert_max_num_queries(34):
        page = agent_client.get(f"/o/fernhollow/tickets/{ticket.number}/").content.decode()
    assert "earlier message" in page


def test_the_palette_finds_a_ticket_by_its_number(ticket: Ticket, agent_client: Client) -> None:
    assert "Stove valve hisses" in agent_client.get(f"/o/fernhollow/palette/?q={ticket.number}").content.decode()


def test_the_palette_shows_nothing_of_others(ticket: Ticket, people: Any, client: Client) -> None:
    client.force_login(people.stranger.user)
    assert "Stove" not in client.get(f"/o/otherco/palette/?q={ticket.number}").content.decode()
