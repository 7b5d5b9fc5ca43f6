"""More tickets than a page shows: picked, changed by a worker under the agent's eyes, and taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from tests.browser.conftest import Office, violations
from tests.factories.tickets import make_contact, make_ticket
from ticketing.models import Ticket

pytestmark = pytest.mark.browser
COUNT = 61


@pytest.fixture
def queue_of_agent(office: Office, quiet_page: Page) -> Page:
    """The agent's browser with a view of two pages."""
    with office.within():
        contact = make_contact()
        for number in range(COUNT):
            at = clock.now() - timedelta(minutes=number)
            make_ticket(f"Ticket {number}", contact=contact, active_at=at)
    office.sign_in(quiet_page.context, office.people.agent)
    quiet_page.goto(f"{office.url}views/needs-reply/")
    return quiet_page


def solved(office: Office) -> int:
    with office.within():
        return int(Ticket.objects.filter(status="solved").count())


def finish() -> None:
    drains.drain_now(WorkKind.BULK_CHANGE, budget_s=60)


def said(page: Page, text: str) -> Locator:
    """A sentence above the list, not the one that is read out."""
    return page.locator(".pane-list").get_by_text(text)


def pick_all(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("Control+a")


def test_all_of_a_view_are_solved_and_taken_back_by_keyboard(queue_of_agent: Page, office: Office) -> None:
    page = queue_of_agent
    pick_all(page)
    expect(said(page, "All 50 shown are selected.")).to_be_visible()
    expect(page.get_by_role("button", name=f"Select all {COUNT} in this view")).to_be_visible()
    expect(page.locator("#announcer")).to_contain_text("Ctrl A again selects all")
    page.keyboard.press("Control+a")
    expect(said(page, f"All {COUNT} in this view are selected.")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("e")
    expect(said(page, "Changing tickets: Solved")).to_be_visible()
    expect(page.locator("[data-bulk]")).to_be_hidden()
    assert violations(page) == []
    page.reload()
    expect(said(page, "Changing tickets: Solved")).to_be_visible()
    finish()
    expect(said(page, f"{COUNT} tickets changed: Solved.")).to_be_visible()
    expect(said(page, "Nobody is waiting for a reply")).to_be_visible()
    expect(page.locator("#announcer")).to_contain_text("changed: Solved.")
    assert solved(office) == COUNT
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(said(page, "Changing back from: Solved")).to_be_visible()
    finish()
    expect(said(page, f"{COUNT} tickets changed back.")).to_be_visible()
    expect(page.locator("[data-row]")).to_have_count(50)
    assert solved(office) == 0
    page.get_by_role("button", name="Close").click()
    expect(said(page, f"{COUNT} tickets changed back.")).to_be_hidden()


def test_only_what_is_shown_can_be_kept_and_what_one_picks_meanwhile_stays(
    queue_of_agent: Page, office: Office
) -> None:
    page = queue_of_agent
    pick_all(page)
    page.get_by_role("button", name=f"Select all {COUNT} in this view").click()
    page.get_by_role("button", name="Only those shown").click()
    expect(page.get_by_role("button", name=f"Select all {COUNT} in this view")).to_be_focused()
    page.get_by_role("button", name=f"Select all {COUNT} in this view").click()
    page.get_by_role("button", name="Tag", exact=True).click()
    expect(page.get_by_label("Name of the tag")).to_be_focused()
    page.keyboard.type("stove")
    page.keyboard.press("Enter")
    expect(said(page, "Changing tickets: stove")).to_be_visible()
    page.locator("[data-pick]").nth(3).check()
    finish()
    expect(said(page, f"{COUNT} tickets changed: stove.")).to_be_visible()
    expect(page.locator("[data-pick]:checked")).to_have_count(1)
    expect(said(page, "1 selected")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_change_of_many_is_stopped_on_a_phone(queue_of_agent: Page, office: Office, theme: str) -> None:
    page = queue_of_agent
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # one of the two
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("[data-pick]").first.check()
    page.get_by_label("Select all tickets shown").check()
    page.get_by_role("button", name=f"Select all {COUNT} in this view").click()
    assert violations(page) == []
    page.get_by_role("button", name="Status", exact=True).click()
    page.get_by_role("menuitem", name="On hold").click()
    expect(said(page, "Changing tickets: On hold")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert violations(page) == []
    page.get_by_role("button", name="Stop").click()
    expect(said(page, "Stopped. 0 tickets changed: On hold.")).to_be_visible()
    finish()
    assert solved(office) == 0
