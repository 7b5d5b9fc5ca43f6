"""A filter is written, tried and saved in the browser; a mail that arrives is ignored, and the log says by what."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from helpdesk.tenancy.models import WorkKind
from tests.browser.conftest import Desk, violations
from tests.browser.test_whole_path import connect_mailbox, set_up_organization

pytestmark = pytest.mark.browser
PASTE = """(input, text) => {
  const data = new DataTransfer();
  data.setData("text", text);
  input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


@pytest.mark.req("S4.36", "S4.40", "S4.41", "S4.71", "S4.53")
def test_a_filter_is_written_tried_and_decides_about_a_mail_that_arrives(quiet_page: Page, desk: Desk) -> None:
    page = quiet_page
    set_up_organization(page, desk)
    connect_mailbox(page, desk)
    desk.work(WorkKind.POLL)
    page.get_by_role("link", name="Support").first.click()
    page.get_by_label("Mailbox sections").get_by_role("link", name="Filter").click()
    page.get_by_text("Ignore", exact=True).click()
    page.get_by_role("button", name="Out of Office").press("Enter")
    expect(page.locator("[data-tokens=words] .token")).to_have_text("Out of Office")
    page.get_by_label("Addresses", exact=True).fill("noise@larkmoor.test")
    page.get_by_label("Addresses", exact=True).press("Enter")
    expect(page.locator("[data-tokens=address] .token")).to_have_text("noise@larkmoor.test")
    page.get_by_label("From", exact=True).fill("noise@larkmoor.test")
    expect(page.locator("#trial")).to_contain_text("It ignores the address noise@larkmoor.test.")
    page.get_by_label("From", exact=True).fill("amara@larkmoor.test")
    expect(page.locator("#trial")).to_contain_text("Opens a ticket")
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_text("Allow only", exact=True).click()
    expect(page.get_by_role("button", name="Do Not Reply")).to_be_hidden()
    page.get_by_text("Ignore", exact=True).click()
    page.get_by_label("Domains", exact=True).evaluate(PASTE, "\n".join(f"noise{n}.example" for n in range(1500)))
    page.get_by_role("button", name="Save filter").click()
    expect(page.get_by_text("It decides about mail from now on.")).to_be_visible()
    expect(page.get_by_label("Domains", exact=True)).to_have_value(
        re.compile("noise0.example\n.*\nnoise1499.example", re.S)
    )
    page.set_viewport_size({"width": 1280, "height": 900})

    desk.write("Stove", "We run out of office chairs.")
    desk.write("Stove hisses", "It hisses.")
    desk.work(WorkKind.POLL, WorkKind.PROCESS, later_s=3600)
    page.goto(f"{desk.url}/o/fernhollow/inbound-log/?outcome=ignored")
    page.get_by_role("link", name="Stove", exact=True).click()
    expect(page.locator("#detail .banner")).to_contain_text("ignores “Out of Office” (in the body)")
    page.get_by_role("link", name="Open the filter").click()
    expect(page.locator(".token.is-marked")).to_have_text("Out of Office")
    page.goto(f"{desk.url}/o/fernhollow/views/all/")
    expect(page.get_by_text("Stove hisses").first).to_be_visible()
