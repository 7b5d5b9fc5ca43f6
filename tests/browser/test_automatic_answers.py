"""An acknowledgement is written and switched on in the browser; a mail arrives, and its sender is told."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from helpdesk.tenancy.models import WorkKind
from tests.browser.conftest import Desk, violations
from tests.browser.test_whole_path import connect_mailbox, set_up_organization

pytestmark = pytest.mark.browser
WORDS = "Thank you. Your number is {{ ticket.number }}."


@pytest.mark.req("S5.66")
def test_an_acknowledgement_is_written_switched_on_and_leaves(quiet_page: Page, desk: Desk) -> None:
    page = quiet_page
    set_up_organization(page, desk)
    connect_mailbox(page, desk)
    desk.work(WorkKind.POLL)
    page.get_by_role("link", name="Support").first.click()
    page.get_by_label("Mailbox sections").get_by_role("link", name="Automatic answers").click()
    page.get_by_label("Acknowledge new tickets").select_option("on")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Acknowledge new tickets")).to_have_value("on")
    page.locator("#texts").get_by_role("link", name="Any language").first.click()
    page.get_by_label("Subject").fill("We are on it")
    editor = page.get_by_role("textbox", name="Text")
    editor.press("ControlOrMeta+a")
    editor.press_sequentially("Thank you {{ custmer }}")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("“{{ custmer }}” is no placeholder here")).to_be_visible()
    editor.press("ControlOrMeta+a")
    editor.press_sequentially(WORDS)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Your number is 1234.").first).to_be_visible()
    expect(page.get_by_role("heading", name="We are on it [#1234]")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#texts").get_by_text("We are on it")).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})

    desk.write("Stove hisses", "It hisses.")
    desk.work(WorkKind.POLL, WorkKind.PROCESS, WorkKind.ANSWER, WorkKind.DELIVER, later_s=3600)
    [sent] = desk.smtp.received
    assert sent.recipients == ("amara@larkmoor.test",)
    page.goto(f"{desk.url}/o/fernhollow/tickets/1/")
    expect(page.get_by_text("Your number is 1.")).to_be_visible()
    page.goto(f"{desk.url}/o/fernhollow/inbound-log/?outcome=created")
    page.get_by_role("link", name="Stove hisses", exact=True).click()
    expect(page.locator("#detail")).to_contain_text("To amara@larkmoor.test. Sent.")
    page.set_viewport_size({"width": 390, "height": 844})
    for place in ("automatic-answers/", "settings/hours/"):
        page.goto(f"{desk.url}/o/fernhollow/{place}")
        assert violations(page) == []
