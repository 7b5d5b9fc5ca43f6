"""Changing a ticket shows at once, and is taken back with a sentence when it did not come about."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from helpdesk.accounts.models import Team
from tests.browser.conftest import Office, violations
from tests.factories.tickets import make_ticket
from tests.servers.waiting import wait_until
from ticketing.models import Priority, Status, Ticket
from ticketing.services import changes
from ticketing.services.history import By

pytestmark = pytest.mark.browser
CHANGES = "**/tickets/*/changes/*/"


@pytest.fixture
def ticket(office: Office) -> Ticket:
    with office.within():
        Team.objects.create(name="Repairs")
        return make_ticket("Stove valve hisses")


@pytest.fixture
def page_of_agent(office: Office, ticket: Ticket, quiet_page: Page) -> Page:
    """The agent's browser with the ticket open."""
    office.sign_in(quiet_page.context, office.people.agent)
    quiet_page.goto(f"{office.url}tickets/{ticket.number}/")
    expect(quiet_page.locator("form[data-editor-ready]")).to_be_visible()
    return quiet_page


def hold_changes(page: Page) -> list[Route]:
    """What the page sends from now on is held until the test lets it go."""
    held: list[Route] = []
    page.route(CHANGES, lambda route: held.append(route))
    return held


def picker(page: Page, what: str) -> Any:
    return page.locator(f"#pick-{what}-side")


def choose(page: Page, what: str, name: str) -> None:
    picker(page, what).click()
    item = page.locator(f"#{what}-side").get_by_role("menuitem", name=name, exact=True)
    expect(item).to_be_visible()
    item.dispatch_event("click")  # in one: the answer to a change before may draw the menu anew under a pressed mouse
    expect(page.locator(f"#{what}-side")).to_be_hidden()


def again(office: Office, ticket: Ticket) -> Ticket:
    with office.within():
        return Ticket.objects.get(pk=ticket.pk)


def state(office: Office, ticket: Ticket) -> tuple[Any, ...]:
    now = again(office, ticket)
    return now.priority, now.assignee, now.status


@pytest.mark.parametrize(
    ("what", "name", "shown"),
    [
        ("status", "On hold", "On hold"),
        ("priority", "Urgent", "Urgent"),
        ("assignment", "Me", "Ines Duarte"),
        ("team", "Repairs", "Repairs"),
        ("status", "Mark as spam", "Spam"),
    ],
)
def test_a_picker_shows_the_value_before_the_server_has_it(
    page_of_agent: Page, what: str, name: str, shown: str
) -> None:
    held = hold_changes(page_of_agent)
    choose(page_of_agent, what, name)
    expect(picker(page_of_agent, what)).to_contain_text(shown)
    expect(picker(page_of_agent, what)).to_be_focused()
    assert violations(page_of_agent) == []
    held[0].continue_()
    expect(page_of_agent.locator("#properties-side")).to_have_attribute("data-announce", "1 ticket changed: " + shown)
    expect(picker(page_of_agent, what)).to_contain_text(shown)
    expect(picker(page_of_agent, what)).to_be_focused()


def test_without_the_network_a_change_is_taken_back_and_can_be_tried_again(
    page_of_agent: Page, office: Office, ticket: Ticket
) -> None:
    page_of_agent.context.set_offline(True)
    choose(page_of_agent, "priority", "Urgent")
    alert = page_of_agent.get_by_role("alert")
    expect(alert).to_contain_text("The server didn't answer, so the ticket is as it was.")
    expect(picker(page_of_agent, "priority")).to_have_text("Normal")
    expect(picker(page_of_agent, "priority")).to_be_focused()
    assert violations(page_of_agent) == []
    page_of_agent.context.set_offline(False)
    alert.get_by_role("button", name="Try again").click()
    expect(page_of_agent.locator("#ticket-meta")).to_contain_text("Urgent")
    expect(picker(page_of_agent, "priority")).to_have_text("Urgent")
    assert again(office, ticket).priority == Priority.URGENT


def test_what_the_server_refuses_is_taken_back_with_its_reason(
    page_of_agent: Page, office: Office, ticket: Ticket
) -> None:
    with office.within():
        for status in (Status.SOLVED, Status.CLOSED):
            changes.change_status([ticket], status=status, by=By(actor=office.people.admin))
    choose(page_of_agent, "status", "On hold")
    alert = page_of_agent.get_by_role("alert")
    expect(alert).to_contain_text(f"#{ticket.number} is Closed and cannot become On hold.")
    expect(picker(page_of_agent, "status")).to_have_text("New")
    expect(alert.get_by_role("button", name="Try again")).to_be_visible()
    assert again(office, ticket).status == Status.CLOSED


def test_a_fault_of_the_server_takes_the_change_back(page_of_agent: Page, office: Office, ticket: Ticket) -> None:
    page_of_agent.route(CHANGES, lambda route: route.fulfill(status=500, body="broken"))
    choose(page_of_agent, "assignment", "Me")
    expect(page_of_agent.get_by_role("alert")).to_contain_text("That didn't work.")
    expect(picker(page_of_agent, "assignment")).to_have_text("Nobody")
    page_of_agent.unroute(CHANGES)
    page_of_agent.get_by_role("button", name="Try again").click()
    expect(page_of_agent.locator("#thread-since")).to_contain_text("assigned it to Ines Duarte")
    assert again(office, ticket).assignee == office.people.agent


def test_changes_in_a_row_all_come_about_and_none_flickers_back(
    page_of_agent: Page, office: Office, ticket: Ticket
) -> None:
    held = hold_changes(page_of_agent)
    choose(page_of_agent, "priority", "High")
    choose(page_of_agent, "assignment", "Me")
    choose(page_of_agent, "status", "On hold")
    choose(page_of_agent, "status", "Waiting on customer")
    assert len(held) == 1
    held[0].continue_()
    expect(page_of_agent.locator("#ticket-meta")).to_contain_text("High")
    expect(picker(page_of_agent, "assignment")).to_contain_text("Ines Duarte")
    expect(picker(page_of_agent, "status")).to_have_text("Waiting on customer")
    page_of_agent.unroute(CHANGES)  # lets go what is held
    wanted = (Priority.HIGH, office.people.agent, Status.WAITING)
    wait_until(lambda: state(office, ticket) == wanted, what="the changes")
    expect(page_of_agent.locator("#ticket-meta")).to_contain_text("Waiting on customer")


def test_an_answer_leaves_the_menu_open_that_was_opened_meanwhile(page_of_agent: Page) -> None:
    held = hold_changes(page_of_agent)
    choose(page_of_agent, "priority", "High")
    picker(page_of_agent, "assignment").click()
    held[0].continue_()
    expect(page_of_agent.locator("#thread-since")).to_contain_text("priority")
    page_of_agent.locator("#assignment-side").get_by_role("menuitem", name="Me", exact=True).click()
    expect(picker(page_of_agent, "assignment")).to_contain_text("Ines Duarte")


def test_a_change_reaches_the_server_although_one_left_at_once(
    page_of_agent: Page, office: Office, ticket: Ticket
) -> None:
    choose(page_of_agent, "priority", "High")
    choose(page_of_agent, "assignment", "Me")
    page_of_agent.keyboard.press("e")
    page_of_agent.goto(f"{office.url}views/solved/")
    wanted = (Priority.HIGH, office.people.agent, Status.SOLVED)
    wait_until(lambda: state(office, ticket) == wanted, what="the changes")


def test_tags_come_and_go_at_once_and_are_taken_back(page_of_agent: Page, office: Office, ticket: Ticket) -> None:
    with office.within():
        changes.add_tag([ticket], name="safety", by=By(actor=office.people.agent))
    page_of_agent.reload()
    expect(page_of_agent.locator("form[data-editor-ready]")).to_be_visible()
    tags = page_of_agent.locator("#properties-side .tag:visible")
    page_of_agent.context.set_offline(True)
    page_of_agent.keyboard.press("t")
    expect(page_of_agent.locator("#tag-side input[name=value]")).to_be_focused()
    page_of_agent.keyboard.type("stove")
    page_of_agent.keyboard.press("Enter")
    expect(page_of_agent.get_by_role("alert")).to_have_count(1)
    expect(tags).to_have_text(["safety"])
    page_of_agent.get_by_role("button", name="Remove tag safety").click()
    expect(page_of_agent.get_by_role("alert")).to_have_count(2)
    expect(tags).to_have_text(["safety"])
    page_of_agent.context.set_offline(False)
    hold_changes(page_of_agent)
    page_of_agent.get_by_role("button", name="Try again").first.click()
    expect(tags).to_have_text(["safety", "stove"])
    page_of_agent.get_by_role("button", name="Try again").click()
    expect(tags).to_have_text(["stove"])
    expect(page_of_agent.locator(".pane-side [data-key=T]")).to_be_focused()
    page_of_agent.unroute(CHANGES)  # lets go what is held
    expect(page_of_agent.get_by_role("button", name="Remove tag stove")).to_be_visible()
    expect(page_of_agent.locator("#thread-since")).to_contain_text("removed safety")
    expect(tags).to_have_text(["stove"])
    with office.within():
        assert [tag.name for tag in ticket.tags.all()] == ["stove"]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_subject_is_changed_in_the_heading_and_taken_back(page_of_agent: Page, width: int) -> None:
    page_of_agent.set_viewport_size({"width": width, "height": 844})
    page_of_agent.get_by_role("button", name="Change the subject").focus()
    page_of_agent.keyboard.press("Enter")
    field = page_of_agent.get_by_label("Subject", exact=True)
    expect(field).to_be_focused()
    assert violations(page_of_agent) == []
    field.fill("Ridge 2 valve hisses")
    page_of_agent.keyboard.press("Enter")
    expect(page_of_agent.get_by_role("heading", level=1)).to_have_text("Ridge 2 valve hisses")
    expect(field).to_be_hidden()
    expect(page_of_agent.get_by_role("button", name="Change the subject")).to_be_focused()
    expect(page_of_agent).to_have_title(re.compile("Ridge 2 valve hisses"))
    page_of_agent.get_by_role("button", name="Undo").click()
    expect(page_of_agent.get_by_role("heading", level=1)).to_have_text("Stove valve hisses")


def test_the_heading_follows_the_status_and_goes_back_with_it(page_of_agent: Page) -> None:
    held = hold_changes(page_of_agent)
    choose(page_of_agent, "status", "On hold")
    heading = page_of_agent.locator("#ticket-meta [data-follows]")
    expect(heading).to_have_text("On hold")
    held[0].fulfill(status=500, body="broken")
    expect(heading).to_have_text("New")


@pytest.mark.parametrize("fault", ["offline", "broken"])
def test_a_bulk_change_that_failed_is_tried_again_for_the_same_tickets(
    office: Office, ticket: Ticket, quiet_page: Page, fault: str
) -> None:
    with office.within():
        other = make_ticket("Another")
    office.sign_in(quiet_page.context, office.people.agent)
    quiet_page.goto(f"{office.url}views/needs-reply/")
    quiet_page.get_by_label(f"Select ticket {ticket.number}", exact=True).check()
    many = "**/tickets/changes/status/"
    answer = {"offline": lambda route: route.abort(), "broken": lambda route: route.fulfill(status=500)}[fault]
    quiet_page.route(many, answer)
    quiet_page.keyboard.press("e")
    again_button = quiet_page.get_by_role("alert").get_by_role("button", name="Try again")
    expect(again_button).to_be_visible()
    quiet_page.get_by_label(f"Select ticket {other.number}", exact=True).check()
    quiet_page.unroute(many)
    again_button.click()
    expect(quiet_page.get_by_text("1 ticket changed: Solved")).to_be_visible()
    assert (again(office, ticket).status, again(office, other).status) == (Status.SOLVED, Status.NEW)
