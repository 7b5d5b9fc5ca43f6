"""A mail above the limit in a browser: its placeholder, fetching it, and the message in full without a reload."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from helpdesk.tenancy.models import WorkKind
from tests.browser.conftest import Desk, violations
from tests.browser.test_whole_path import connect_mailbox, set_up_organization

pytestmark = pytest.mark.browser


@pytest.mark.req("F25", "F26")
def test_an_admin_fetches_a_large_mail_and_reads_it_where_it_stands(quiet_page: Page, desk: Desk) -> None:
    set_up_organization(quiet_page, desk)
    connect_mailbox(quiet_page, desk, largest_mb=1)
    desk.work(WorkKind.POLL)
    desk.write("Huge scan", "The valve in full detail.\n" + "0123456789 abcdef\n" * 70_000)
    desk.work(WorkKind.POLL, WorkKind.PROCESS, later_s=3600)
    quiet_page.goto(f"{desk.url}/o/fernhollow/tickets/1/")
    placeholder, seen = quiet_page.locator(".whole"), quiet_page.locator("#composer-seen")
    expect(quiet_page.get_by_text("the mailbox takes 1.0 MB")).to_be_visible()
    assert violations(quiet_page) == []
    placeholder.get_by_text("Fetch now").focus()
    quiet_page.keyboard.press("Enter")
    expect(placeholder.get_by_text("Nobody is notified")).to_be_visible()
    quiet_page.keyboard.press("Tab")
    quiet_page.keyboard.press("Enter")
    expect(placeholder.get_by_text("Requested")).to_be_visible()
    quiet_page.reload()
    expect(placeholder.get_by_text("as soon as a worker is free")).to_be_visible()
    assert violations(quiet_page) == []
    desk.work(WorkKind.POLL, later_s=7200)
    expect(placeholder.get_by_text("stored and being processed")).to_be_visible(timeout=20_000)
    before = seen.input_value()
    desk.work(WorkKind.PROCESS, later_s=7200)
    expect(quiet_page.locator(".msg__body").get_by_text("The valve in full detail.")).to_be_visible(timeout=20_000)
    expect(placeholder).to_have_count(0)
    expect(seen).not_to_have_value(before)
    assert violations(quiet_page) == []
    quiet_page.reload()
    expect(quiet_page.locator(".event").get_by_text("fetched the whole of a large message")).to_be_visible()
