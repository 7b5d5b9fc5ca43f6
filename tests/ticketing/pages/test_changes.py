"""Changing tickets with htmx: the parts that answer, and taking a change of several back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from helpdesk.accounts.models import Category, Company, Organization, Team
from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import add_message, make_ticket
from ticketing.models import EventKind, Priority, Status, Tag, Ticket, TicketEvent
from ticketing.services import changes
from ticketing.services.history import By

pytestmark = pytest.mark.django_db
QUEUE = "http://testserver/o/fernhollow/views/needs-reply/"
BULK = "/o/fernhollow/tickets/changes/{}/"


@pytest.fixture
def tickets(fernhollow: Any) -> list[Ticket]:
    with organization_scope(fernhollow.id):
        return [make_ticket(subject) for subject in ("First", "Second", "Third")]


@pytest.fixture
def agent_client(people: Any, client: Client) -> Client:
    client.force_login(people.agent.user)
    return client


def post(client: Client, url: str, at: str = QUEUE, **data: Any) -> Any:
    return client.post(url, data, headers={"HX-Request": "true", "HX-Current-URL": at})


def toast_of(answer: Any) -> dict[str, Any]:
    return dict(json.loads(answer.headers["HX-Trigger"])["toast"])


def solve(client: Client, chosen: list[Ticket]) -> str:
    """They are solved; gives where to take it back."""
    answer = post(client, BULK.format("status"), ticket=[ticket.number for ticket in chosen], value="solved")
    return str(toast_of(answer)["action"]["url"])


def again(ticket: Ticket) -> Ticket:
    with organization_scope(ticket.organization_id):
        return Ticket.objects.get(pk=ticket.pk)


def tags_of(tickets: list[Ticket]) -> list[list[str]]:
    with organization_scope(tickets[0].organization_id):
        return [sorted(tag.name for tag in ticket.tags.all()) for ticket in tickets]


def test_a_change_of_a_ticket_answers_with_its_parts(agent_client: Client, tickets: list[Ticket]) -> None:
    page = f"/o/fernhollow/tickets/{tickets[0].number}/"
    answer = post(
        agent_client, f"{page}changes/priority/", f"http://testserver{page}?view=mine", value="urgent", place="side"
    )
    parts = answer.content.decode()
    assert parts.startswith('<section class="sec" id="properties-side"')
    assert 'id="properties-sheet" hx-target="this" hx-swap="outerHTML" hx-swap-oob="true"' in parts
    assert 'data-announce="1 ticket changed: Urgent"' in parts
    assert f'name="next" value="{page}?view=mine"' in parts
    for part in (
        "ticket-meta",
        "ticket-solve",
        "thread-since",
        "activity-side",
        "activity-sheet",
        "rail-lists",
        "tabbar",
    ):
        assert parts.count(f'id="{part}"') == 1
    assert "set the priority to <b>Urgent</b>" in parts
    assert "<html" not in parts


def test_a_changed_tag_keeps_the_focus_at_the_tags(agent_client: Client, tickets: list[Ticket]) -> None:
    url = f"/o/fernhollow/tickets/{tickets[0].number}/changes/tag/"
    parts = post(agent_client, url, value="stove", place="side").content.decode()
    assert parts.count('aria-label="Remove tag stove"') == 2  # beside the ticket and in the sheet
    assert parts.count('id="pick-tag-side"') == 1  # by which htmx finds the focus again


@pytest.mark.parametrize(("what", "value"), [("status", "nonsense"), ("tag", ""), ("assignment", "0")])
def test_a_refused_change_says_what_to_do_and_swaps_nothing(
    agent_client: Client, tickets: list[Ticket], what: str, value: str
) -> None:
    answer = post(agent_client, f"/o/fernhollow/tickets/{tickets[0].number}/changes/{what}/", value=value)
    assert (answer.status_code, toast_of(answer)["tone"]) == (204, "bad")


def test_changed_rows_leave_the_list_and_the_counts_follow(agent_client: Client, tickets: list[Ticket]) -> None:
    answer = post(agent_client, BULK.format("status"), ticket=[tickets[0].number, tickets[1].number], value="solved")
    parts = answer.content.decode()
    assert "First" not in parts
    assert "Third" in parts
    assert "<title>(1) Needs reply · " in parts
    assert '<span class="bar__n" id="view-count" hx-swap-oob="true">1 ticket</span>' in parts
    assert '<div id="rail-lists" hx-swap-oob="true">' in parts
    assert (answer.headers["HX-Retarget"], answer.headers["HX-Reswap"]) == ("#list", "innerHTML")
    assert toast_of(answer)["text"] == "2 tickets changed: Solved"
    assert toast_of(answer)["action"]["label"] == "Undo"


def test_the_list_anew_is_the_search_on_screen(agent_client: Client, tickets: list[Ticket]) -> None:
    at = f"{QUEUE}?q={tickets[2].number}"
    parts = post(agent_client, BULK.format("assignment"), at, ticket=[tickets[2].number], value="me").content.decode()
    assert "Third" in parts
    assert "First" not in parts


@pytest.mark.parametrize(
    "at", ["", "http://testserver/o/otherco/views/mine/", "http://testserver/nowhere/", "http://["]
)
def test_away_from_the_list_one_is_led_back(agent_client: Client, tickets: list[Ticket], at: str) -> None:
    answer = post(agent_client, BULK.format("status"), at, ticket=[tickets[0].number], value="solved")
    assert json.loads(answer.headers["HX-Location"])["path"] == "/o/fernhollow/"


def test_many_cost_what_few_cost(agent_client: Client, fernhollow: Any, tickets: list[Ticket]) -> None:
    with organization_scope(fernhollow.id):
        many = [make_ticket(f"More {n}") for n in range(20)]
    post(agent_client, BULK.format("priority"), ticket=[tickets[2].number], value="low")
    with CaptureQueriesContext(connection) as few:
        post(agent_client, BULK.format("priority"), ticket=[t.number for t in tickets[:2]], value="high")
    with CaptureQueriesContext(connection) as more:
        post(agent_client, BULK.format("priority"), ticket=[t.number for t in many], value="high")
    assert len(more) == len(few)


def test_undo_makes_the_tickets_what_they_were_and_is_written_down(
    agent_client: Client, fernhollow: Any, tickets: list[Ticket]
) -> None:
    answer = post(agent_client, solve(agent_client, tickets[:2]))
    assert toast_of(answer)["text"] == "2 tickets changed back"
    assert "First" in answer.content.decode()
    before, now = tickets[0], again(tickets[0])
    assert (now.status, now.needs_reply, now.waiting_since, now.solved_at) == (
        Status.NEW,
        True,
        before.waiting_since,
        None,
    )
    with organization_scope(fernhollow.id):
        said = TicketEvent.objects.filter(ticket=now, kind=EventKind.STATUS_CHANGED).order_by("position")
        assert [event.data["to"] for event in said] == ["solved", "new"]
    assert "again, undoing a change" in agent_client.get(f"/o/fernhollow/tickets/{now.number}/").content.decode()


@pytest.mark.parametrize(
    ("what", "value", "column"),
    [
        ("assignment", "me", "assignee_id"),
        ("team", "", "team_id"),
        ("category", "", "category_id"),
        ("company", "", "company_id"),
        ("priority", "high", "priority"),
        ("spam", "yes", "is_spam"),
    ],
)
def test_undo_gives_every_property_back(
    agent_client: Client, fernhollow: Any, people: Any, tickets: list[Ticket], what: str, value: str, column: str
) -> None:
    with organization_scope(fernhollow.id):
        team = Team.objects.create(name="Repairs")
        stoves = Category.objects.create(name="Stoves", path="Stoves")
        Ticket.objects.filter(pk=tickets[0].pk).update(
            assignee=people.admin, team=team, category=stoves, company=Company.objects.create(name="Bakery")
        )
    before = getattr(again(tickets[0]), column)
    answer = post(agent_client, BULK.format(what), ticket=[tickets[0].number], value=value)
    assert getattr(again(tickets[0]), column) != before
    post(agent_client, toast_of(answer)["action"]["url"])
    assert getattr(again(tickets[0]), column) == before


def test_a_category_is_chosen_on_the_ticket_and_for_many(
    agent_client: Client, fernhollow: Any, tickets: list[Ticket]
) -> None:
    page = f"/o/fernhollow/tickets/{tickets[0].number}/"
    assert "Change category" not in agent_client.get(page).content.decode()
    with organization_scope(fernhollow.id):
        stoves = Category.objects.create(name="Stoves", path="Heating / Stoves")
        retired = Category.objects.create(name="Fax", path="Fax", is_active=False)
    shown = agent_client.get(page).content.decode()
    assert "Change category" in shown
    assert "Fax" not in shown
    part = post(agent_client, f"{page}changes/category/", f"http://testserver{page}", value=stoves.pk, place="side")
    assert "1 ticket changed: Heating / Stoves" in part.content.decode()
    assert "set the category to <b>Heating / Stoves</b>" in agent_client.get(page).content.decode()
    numbers = [ticket.number for ticket in tickets[1:]]
    assert toast_of(post(agent_client, BULK.format("category"), ticket=numbers, value=stoves.pk))["text"] == (
        "2 tickets changed: Heating / Stoves"
    )
    assert {again(ticket).category_id for ticket in tickets} == {stoves.pk}
    refused = toast_of(post(agent_client, BULK.format("category"), ticket=numbers, value=retired.pk))
    assert (refused["tone"], "not among the choices" in refused["text"]) == ("bad", True)


@pytest.mark.req("S4.34")
def test_a_company_is_chosen_on_the_ticket_and_for_many_while_several_are_served(
    agent_client: Client, fernhollow: Any, tickets: list[Ticket]
) -> None:
    page = f"/o/fernhollow/tickets/{tickets[0].number}/"
    with organization_scope(fernhollow.id):
        bakery = Company.objects.create(name="Bakery")
        Company.objects.create(name="Fax & co", is_active=False)
    numbers = [ticket.number for ticket in tickets[1:]]
    refused = toast_of(post(agent_client, BULK.format("company"), ticket=numbers, value=bakery.pk))
    assert (refused["tone"], "not among the choices" in refused["text"]) == ("bad", True)
    assert "Change company" not in agent_client.get(page).content.decode()
    Organization.objects.filter(pk=fernhollow.pk).update(serves_companies=True)
    shown = agent_client.get(page).content.decode()
    assert ("Change company" in shown, "Fax &amp; co" in shown) == (True, False)
    part = post(agent_client, f"{page}changes/company/", f"http://testserver{page}", value=bakery.pk, place="side")
    assert "1 ticket changed: Bakery" in part.content.decode()
    assert "set the company to <b>Bakery</b>" in agent_client.get(page).content.decode()
    assert toast_of(post(agent_client, BULK.format("company"), ticket=numbers, value=bakery.pk))["text"] == (
        "2 tickets changed: Bakery"
    )
    assert {again(ticket).company_id for ticket in tickets} == {bakery.pk}
    assert "bulk-company" in agent_client.get("/o/fernhollow/views/needs-reply/").content.decode()
    Organization.objects.filter(pk=fernhollow.pk).update(serves_companies=False)
    assert "Change company" not in agent_client.get(page).content.decode()
    assert again(tickets[0]).company_id == bakery.pk


def test_picked_tickets_are_tagged_and_the_tag_is_taken_back(
    agent_client: Client, fernhollow: Any, people: Any, tickets: list[Ticket]
) -> None:
    by = By(actor=people.admin)
    with organization_scope(fernhollow.id):
        changes.add_tag(tickets[:1], name="stove", by=by)
    answer = post(agent_client, BULK.format("tag"), ticket=[t.number for t in tickets], tag=" Stove ", value="me")
    assert toast_of(answer)["text"] == "2 tickets changed: Stove"
    assert tags_of(tickets) == [["stove"], ["stove"], ["stove"]]
    with organization_scope(fernhollow.id):
        changes.add_tag(tickets, name="safety", by=by)
    words = toast_of(post(agent_client, toast_of(answer)["action"]["url"]))["text"]
    assert words == "2 tickets changed back"
    assert tags_of(tickets) == [["safety", "stove"], ["safety"], ["safety"]]
    page = agent_client.get(f"/o/fernhollow/tickets/{tickets[1].number}/").content.decode()
    assert "stove</span> again, undoing a change" in page


def test_undo_leaves_a_tag_that_was_set_anew(
    agent_client: Client, fernhollow: Any, people: Any, tickets: list[Ticket]
) -> None:
    answer = post(agent_client, BULK.format("tag"), ticket=[ticket.number for ticket in tickets[:2]], tag="stove")
    by = By(actor=people.admin)
    with organization_scope(fernhollow.id):
        tag = Tag.objects.get()
        changes.remove_tag(tickets[0], tag=tag, by=by)
        changes.add_tag(tickets[:1], name="stove", by=by)
        changes.remove_tag(tickets[1], tag=tag, by=by)
    words = toast_of(post(agent_client, toast_of(answer)["action"]["url"]))["text"]
    assert words == "0 tickets changed back; 2 were changed since and stay as they are"
    assert tags_of(tickets[:2]) == [["stove"], []]


def test_undo_leaves_what_somebody_changed_since(
    agent_client: Client, fernhollow: Any, people: Any, tickets: list[Ticket]
) -> None:
    url = solve(agent_client, tickets[:2])
    with organization_scope(fernhollow.id):
        for status in (Status.HOLD, Status.SOLVED):
            changes.change_status([tickets[0]], status=status, by=By(actor=people.admin))
    words = toast_of(post(agent_client, url))["text"]
    assert words == "1 ticket changed back; 1 was changed since and stays as it is"
    assert (again(tickets[0]).status, again(tickets[1]).status) == (Status.SOLVED, Status.NEW)


def test_undo_leaves_a_status_to_which_somebody_wrote_since(
    agent_client: Client, fernhollow: Any, tickets: list[Ticket]
) -> None:
    url = solve(agent_client, tickets[:1])
    with organization_scope(fernhollow.id):
        add_message(again(tickets[0]), text="Still hisses.")
    post(agent_client, url)
    assert again(tickets[0]).status == Status.SOLVED


def test_undo_twice_changes_nothing_more(agent_client: Client, tickets: list[Ticket]) -> None:
    url = solve(agent_client, tickets[:1])
    post(agent_client, url)
    assert toast_of(post(agent_client, url))["text"].startswith("0 tickets changed back")
    assert again(tickets[0]).status == Status.NEW


@pytest.mark.parametrize("who", ["admin", "viewer", "stranger"])
def test_undo_is_for_who_made_the_change(agent_client: Client, people: Any, tickets: list[Ticket], who: str) -> None:
    url = solve(agent_client, tickets[:1])
    agent_client.force_login(getattr(people, who).user)
    post(agent_client, url)
    assert again(tickets[0]).status == Status.SOLVED


def test_another_organizations_history_is_not_reached(agent_client: Client, people: Any, tickets: list[Ticket]) -> None:
    url = solve(agent_client, tickets[:1])
    agent_client.force_login(people.stranger.user)
    assert post(agent_client, url).status_code == 404
    assert toast_of(
        post(agent_client, url.replace("/fernhollow/", "/otherco/"), QUEUE.replace("fernhollow", "otherco"))
    )
    assert again(tickets[0]).status == Status.SOLVED


def test_without_script_undo_leads_back(agent_client: Client, tickets: list[Ticket]) -> None:
    url = solve(agent_client, tickets[:1])
    assert agent_client.post(url).headers["Location"] == "/o/fernhollow/"
    assert again(tickets[0]).priority == Priority.NORMAL
    assert again(tickets[0]).status == Status.NEW
