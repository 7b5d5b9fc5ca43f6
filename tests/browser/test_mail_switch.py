"""Email to ticket is switched off and on in the browser, and the configuration log shows by whom."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import violations
from tests.factories.mailboxes import make_mailbox

pytestmark = [pytest.mark.browser, pytest.mark.servers]


def assert_sound(page: Page) -> None:
    """The page fits its width, and axe finds nothing, by light and in the dark."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # playwright's words
        assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.req("S4.52", "S4.61")
@pytest.mark.parametrize("width", [1280, 390])
def test_email_to_ticket_is_switched_off_and_on_and_the_log_says_by_whom(
    browser: Browser, office: Any, width: int
) -> None:
    make_mailbox(office.organization, name="Repairs")
    context = browser.new_context(viewport={"width": width, "height": 900})
    office.sign_in(context, office.people.admin)
    page = context.new_page()
    page.goto(f"{office.url}mailboxes/email-to-ticket/")
    assert_sound(page)
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_text("Email to ticket is off.")).to_be_visible()
    expect(page.locator(".mbox__health")).to_contain_text("Switched off")
    assert_sound(page)
    page.locator(".page .banner").get_by_role("link", name="Email to ticket").click()
    page.get_by_role("button", name="Switch on").click()
    expect(page.locator(".mbox__health")).to_contain_text("Connecting")
    page.goto(f"{office.url}settings/log/?area=organization")
    expect(page.locator("#audit tbody tr")).to_have_count(2)
    expect(page.locator("#audit")).to_contain_text("switched off email to ticket for")
    assert_sound(page)
    page.get_by_label("To", exact=True).fill("2020-01-01")
    expect(page.get_by_text("Nothing was changed that matches.")).to_be_visible()
    context.close()
