"""From a message's own menu to the composer that answers it, by keyboard, also on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Office, violations
from tests.factories.tickets import add_message, make_contact, make_ticket

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
def test_a_message_is_answered_from_its_menu(office: Office, quiet_page: Page, width: int) -> None:
    page = quiet_page
    page.set_viewport_size({"width": width, "height": 844})
    with office.within():
        ticket = make_ticket(contact=make_contact("Anna Berg", "anna@customer.test"))
        add_message(ticket, contact=make_contact("Bea Kern", "bea@customer.test"), text="Me too.")
    office.sign_in(page.context, office.people.agent)
    page.goto(f"{office.url}tickets/{ticket.number}/")
    expect(page.locator("form[data-editor-ready]")).to_have_count(1)
    page.get_by_role("button", name="Actions for the message from Anna Berg").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Reply to this")).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_text("Answers the message from Anna Berg")).to_be_visible()
    expect(page.locator(".ProseMirror")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert violations(page) == []
