"""Canned replies in the composer: found by typing, seen beforehand, put in by keys alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Office, violations
from tests.factories.outgoing import make_mailbox, make_outgoing_server
from tests.factories.tickets import make_ticket
from ticketing.services.canned_replies import CannedInput, create_canned_reply

pytestmark = pytest.mark.browser


def test_a_canned_reply_is_found_by_its_text_and_put_in_by_keys(office: Office, quiet_page: Page) -> None:
    with office.within():
        ticket = make_ticket(mailbox=make_mailbox(make_outgoing_server()))
        create_canned_reply(CannedInput("Serial number", "<p>Ticket {{ ticket.number }}: which number?</p>"))
        create_canned_reply(CannedInput("Loan kit", "<p>A loan is on its way.</p>"))
    office.sign_in(quiet_page.context, office.people.agent)
    quiet_page.goto(f"{office.url}tickets/{ticket.number}/")
    expect(quiet_page.locator("form[data-editor-ready]")).to_be_visible()
    quiet_page.keyboard.press("r")
    text = quiet_page.get_by_role("textbox", name="Reply", exact=True)
    expect(text).to_be_focused()
    quiet_page.keyboard.press("/")
    dialog = quiet_page.get_by_role("dialog", name="Canned replies")
    find = dialog.get_by_role("combobox", name="Find a canned reply")
    expect(find).to_be_focused()
    expect(dialog.get_by_role("option")).to_have_count(2)
    assert violations(quiet_page) == []
    quiet_page.keyboard.press("ArrowDown")
    preview = dialog.locator("[data-canned-preview]")
    expect(preview).to_contain_text(f"Ticket {ticket.number}: which number?")
    quiet_page.keyboard.type("on its way")
    expect(dialog.get_by_role("option")).to_have_text(["Loan kit"])
    expect(preview).to_have_text("A loan is on its way.")
    quiet_page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(text).to_have_text("A loan is on its way.")
    expect(text).to_be_focused()
    quiet_page.keyboard.press("Enter")
    quiet_page.keyboard.press("/")
    expect(find).to_be_focused()
    quiet_page.keyboard.press("Escape")
    expect(text).to_have_text("A loan is on its way./")
