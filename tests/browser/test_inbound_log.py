"""The inbound log in a browser: a mail is found, and a held one is released."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Office, violations
from tests.factories.held import hold
from tests.factories.incoming import make_mail, process_due, receive
from tests.factories.outgoing import make_mailbox
from ticketing.models import Ticket

pytestmark = pytest.mark.browser


@pytest.mark.req("S4.51", "S4.53")
def test_a_held_mail_is_found_by_its_sender_and_released(office: Office, quiet_page: Page) -> None:
    with office.within():
        mailbox = make_mailbox(address="support@fernhollow.test", name="Repairs")
        receive(mailbox, make_mail(subject="Broken lamp"))
        hold(mailbox, subject="Returns label")
    page = quiet_page
    office.sign_in(page.context, office.people.admin)
    page.goto(f"{office.url}inbound-log/")
    page.get_by_role("searchbox", name="Search the log").fill("sanna@held.test")
    expect(page.get_by_text("Broken lamp")).to_have_count(0)
    page.get_by_role("link", name="Returns label").click()
    details = page.locator("#detail")
    expect(details.get_by_text("A filter ignores it")).to_be_visible()
    expect(details.locator(".raw .hit")).to_have_text("From: Sanna <sanna@held.test>")
    assert violations(page) == []
    page.keyboard.press("y")
    expect(page.get_by_text("It is let in, and decided anew")).to_be_visible()
    process_due()
    expect(details.get_by_text("Adam Admin let it in").first).to_be_visible()
    with office.within():
        assert Ticket.objects.filter(subject="Returns label").count() == 1


def test_what_is_picked_goes_into_the_ticket_whose_number_is_typed(office: Office, quiet_page: Page) -> None:
    with office.within():
        mailbox = make_mailbox(address="support@fernhollow.test", name="Repairs")
        receive(mailbox, *(make_mail(subject=f"Broken lamp {number}") for number in range(3)))
        hold(mailbox, subject="Returns label")
        target = Ticket.objects.get(subject="Broken lamp 0")
    page = quiet_page
    office.sign_in(page.context, office.people.admin)
    page.goto(f"{office.url}inbound-log/")
    for subject in ("Broken lamp 1", "Broken lamp 2", "Returns label"):
        page.get_by_label(f"Select {subject}").check()
    page.get_by_role("button", name="Join to ticket").click()
    page.get_by_label("Number of the ticket").fill(f"{target.number}")
    page.keyboard.press("Enter")  # of all the buttons of the bar it is this one
    expect(page.get_by_text("Done with 3 messages.")).to_be_visible()
    process_due()
    with office.within():
        assert target.messages.count() == 4
