"""A rule is written in the browser, tried on past mail, saved, and acts on a mail that arrives; ordered by keys."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from helpdesk.tenancy.models import WorkKind
from tests.browser.conftest import Desk, violations
from tests.browser.test_whole_path import connect_mailbox, set_up_organization

pytestmark = pytest.mark.browser


@pytest.mark.req("S4.60")
def test_a_rule_is_written_tried_and_acts_on_a_mail_that_arrives(quiet_page: Page, desk: Desk) -> None:
    page = quiet_page
    set_up_organization(page, desk)
    connect_mailbox(page, desk)
    desk.work(WorkKind.POLL)
    desk.write("Stove hisses", "It hisses.")
    desk.write("Boots", "The sole is loose.")
    desk.work(WorkKind.POLL, WorkKind.PROCESS, later_s=3600)

    page.goto(f"{desk.url}/o/fernhollow/rules/")
    page.get_by_role("main").get_by_role("link", name="Add a rule").first.click()
    page.get_by_label("Name", exact=True).fill("Heat")
    page.get_by_label("Add a value").fill("stove")
    page.get_by_label("Add a value").press("Enter")
    page.get_by_role("button", name="Add a group").press("Enter")
    expect(page.get_by_label("What to look at")).to_have_count(2)
    page.get_by_label("What to look at").nth(1).select_option("language")
    page.get_by_label("English").check()
    expect(page.get_by_label("English")).to_be_checked()
    page.get_by_label("What to do").select_option("priority")
    page.get_by_label("Value", exact=True).select_option("urgent")
    page.get_by_role("button", name="Add an action").click()
    page.get_by_label("What to do").nth(1).select_option("add_tag")
    page.get_by_label("Tag", exact=True).fill("safety")
    page.get_by_label("What to look at").nth(1).select_option("has_files")
    page.get_by_label("How to compare it").nth(1).select_option("not-there")
    page.get_by_role("button", name="Try on the last 500 messages").click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    desk.work(WorkKind.RULE_TRIAL)
    expect(page.locator("#rule-trial")).to_contain_text("1 of the last 2")
    expect(page.locator("#rule-trial")).to_contain_text("Priority: Normal → Urgent")
    page.reload()
    expect(page.get_by_text("as you tried it last; it is not saved")).to_be_visible()
    expect(page.locator("#rule-trial")).to_contain_text("1 of the last 2")
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Save rule").click()
    expect(page.get_by_text("It acts on mail from now on.")).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 900})

    desk.write("The stove again", "It still hisses.")
    desk.work(WorkKind.POLL, WorkKind.PROCESS, later_s=7200)
    page.goto(f"{desk.url}/o/fernhollow/tickets/3/")
    expect(page.get_by_role("main").get_by_role("link", name="Heat").first).to_be_visible()
    expect(page.get_by_role("main").get_by_text("safety").first).to_be_visible()

    page.goto(f"{desk.url}/o/fernhollow/rules/new/")
    page.get_by_label("Name", exact=True).fill("All")
    page.get_by_role("button", name="Remove the condition").click()
    expect(page.get_by_text("it acts on every mail")).to_be_visible()
    page.get_by_label("What to do").select_option("stop")
    expect(page.get_by_label("Value", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Save rule").click()
    expect(page.get_by_text("1 match in 30 days")).to_be_visible()
    page.get_by_role("button", name="Move rule 2, All").focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("button", name="Move rule 1, All")).to_be_focused()
    assert violations(page) == []
    page.get_by_role("switch", name="Rule 1, All, on").press("Enter")
    expect(page.get_by_text("Off since")).to_be_visible()
    place = page.get_by_role("button", name="Move rule 2, Heat").bounding_box()
    assert place is not None
    page.get_by_role("button", name="Move rule 1, All").hover()
    page.mouse.down()
    page.mouse.move(place["x"] + 4, place["y"] + place["height"] / 2, steps=5)
    page.mouse.up()
    expect(page.get_by_role("button", name="Move rule 2, All")).to_be_visible()
