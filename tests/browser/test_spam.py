"""Spam that was recognised: looked at, called clean, its suggestions applied, and marked again."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from helpdesk.accounts.models import Team
from tests.browser.conftest import Office, violations
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from ticketing.models import SpamMark, Ticket

pytestmark = [pytest.mark.browser, pytest.mark.req("S3.21", "S3.22", "S3.26")]


@pytest.fixture
def recognised(office: Office) -> Ticket:
    """A ticket that its headers called spam; its mailbox has a team."""
    with office.within():
        mailbox = make_mailbox(team=Team.objects.create(name="Repairs"), ticket_priority="high")
        receive(mailbox, make_mail(subject="Your parcel waits", headers=[("X-Spam-Flag", "YES")]))
        return Ticket.objects.get()


def again(office: Office, ticket: Ticket) -> Ticket:
    """The ticket as it is now."""
    with office.within():
        return Ticket.objects.select_related("team").get(pk=ticket.pk)


def test_spam_is_cleared_its_suggestions_answered_and_marked_again(
    office: Office, recognised: Ticket, quiet_page: Page
) -> None:
    page = quiet_page
    office.sign_in(page.context, office.people.admin)
    page.goto(f"{office.url}views/spam/")
    page.get_by_role("link", name="Your parcel waits").click()
    expect(page.locator("#thread")).to_contain_text("took it for spam: its header says X-Spam-Flag: YES")
    expect(page.locator("#thread").get_by_role("link", name="Open the setting")).to_be_visible()
    page.keyboard.press("s")
    page.locator("#status-side").get_by_role("menuitem", name="Not spam").click()
    suggestions = page.locator("#ticket-suggestions")
    expect(suggestions).to_contain_text("Nothing was done")
    assert violations(page) == []
    assert again(office, recognised).team is None
    suggestions.get_by_role("button", name="Apply Team: Repairs").click()
    expect(page.locator("#pick-team-side")).to_contain_text("Repairs")
    expect(suggestions).not_to_contain_text("Repairs")
    suggestions.get_by_role("button", name="Dismiss Priority: High").click()
    expect(suggestions).to_have_text("")
    page.keyboard.press("s")
    page.locator("#status-side").get_by_role("menuitem", name="Mark as spam").click()
    expect(page.locator("#properties-side")).to_have_attribute("data-announce", "1 ticket changed: Spam")
    now = again(office, recognised)
    assert (now.team and now.team.name, now.priority, now.spam_mark) == ("Repairs", "normal", SpamMark.MANUAL_SPAM)
