"""The page of a mailbox in a browser: a test that is stopped while it runs, and the start date."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from mailboxes.models import ExistingMail, Health, Mailbox
from tests.browser.conftest import LOOKS, Office
from tests.browser.test_connecting import assert_sound, tab_to
from tests.factories.mailboxes import make_mailbox

pytestmark = pytest.mark.browser


@pytest.fixture
def page_of_admin(office: Office, quiet_page: Page) -> Page:
    """The admin's browser."""
    office.sign_in(quiet_page.context, office.people.admin)
    return quiet_page


def look(page: Page, scheme: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)


@pytest.mark.req("S2.15", "S4.43")
@LOOKS
def test_a_running_test_is_stopped_where_it_is_and_can_be_run_again(
    page_of_admin: Page, office: Office, silent: int, scheme: str, width: int
) -> None:
    page = page_of_admin
    look(page, scheme, width)
    page.goto(f"{office.url}mailboxes/new/")
    page.locator("#id_name").fill("Support")
    page.locator("#id_address").fill("support@fernhollow.test")
    page.locator("#id_host").fill("localhost")
    page.locator("#id_port").fill(str(silent))
    page.locator("#id_password").fill("mail pass word")
    page.locator("#id_password").press("Enter")
    expect(page).to_have_title(re.compile("^Testing, step 3 of "))
    stop = page.get_by_role("button", name="Stop", exact=True)
    expect(stop).to_be_visible()
    assert_sound(page)
    tab_to(page, "#stop-test")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The test was stopped")).to_be_focused()
    expect(page).to_have_title(re.compile("^Test stopped"))
    expect(page.get_by_text("Looking at the certificate of localhost: not finished", exact=True)).to_be_visible()
    expect(stop).to_have_count(0)
    assert_sound(page)
    page.get_by_role("button", name="Run again").click()
    expect(page).to_have_title(re.compile("^Testing, step 3 of "))
    stop.click()
    expect(page.get_by_role("heading", name="The test was stopped")).to_be_focused()


@pytest.fixture
def in_use(office: Office) -> Mailbox:
    """A mailbox that was polled; it imports mail since 3 February 2020 as closed tickets."""
    mailbox = make_mailbox(office.organization)
    with office.within():
        start = datetime(2020, 2, 3, 9, 30, tzinfo=UTC)
        Mailbox.objects.update(health=Health.REACHABLE, existing_mail=ExistingMail.CLOSED, start_at=start)
    return mailbox


@pytest.mark.req("S1.34")
@LOOKS
def test_the_start_date_is_moved_on_the_page_of_the_mailbox(
    page_of_admin: Page, office: Office, in_use: Mailbox, scheme: str, width: int
) -> None:
    page = page_of_admin
    look(page, scheme, width)
    page.goto(f"{office.url}mailboxes/{in_use.pk}/")
    day = page.get_by_label("Start date")
    expect(day).to_have_value("2020-02-03")
    page.get_by_text("Ignore it", exact=False).click()
    day.fill("2020-01-05")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(day).to_be_focused()
    expect(page.get_by_text("choose above how")).to_be_visible()
    expect(day).to_have_value("2020-01-05")
    assert_sound(page)
    page.get_by_text("Import it as open tickets").click()
    type_day(page)
    tab_to(page, "main button.btn--primary")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Mailboxes")).to_be_visible()
    page.goto(f"{office.url}mailboxes/{in_use.pk}/")
    expect(day).to_have_value("2020-01-06")
    with office.within():
        moved = Mailbox.objects.get()
    assert (moved.start_at, moved.existing_mail) == (datetime(2020, 1, 6, tzinfo=UTC), ExistingMail.OPEN)


def type_day(page: Page) -> None:
    """The day is 6 January 2020, typed in the browser's order of month, day and year."""
    tab_to(page, "#id_start_on")
    page.keyboard.type("01062020")
