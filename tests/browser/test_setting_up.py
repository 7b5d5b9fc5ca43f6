"""A mailbox that is set up in pieces: left and taken up again, saved and not started, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from helpdesk.accounts.models import Team
from mailboxes.models import Mailbox
from tests.browser.conftest import LOOKS, Desk, Office
from tests.browser.test_connecting import assert_sound
from tests.browser.test_whole_path import fill_mailbox, go_on_from_the_test, set_up_organization

pytestmark = pytest.mark.browser


@pytest.mark.req("S5.7", "S5.32", "S4.26")
@LOOKS
def test_a_draft_is_left_at_the_test_taken_up_in_the_list_saved_and_started_later(
    quiet_page: Page, desk: Desk, scheme: str, width: int
) -> None:
    page = quiet_page
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
    set_up_organization(page, desk)
    fill_mailbox(page, desk, password="mailbox-password")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_role("heading", name="Everything works")).to_be_visible(timeout=60_000)
    page.goto(f"{desk.url}/o/fernhollow/mailboxes/")
    expect(page.get_by_text("Next: Test.")).to_be_visible()
    assert_sound(page)
    page.get_by_role("link", name="Support", exact=True).click()
    expect(page).to_have_url(re.compile(r"/mailboxes/\d+/setup/test/$"))
    go_on_from_the_test(page)
    page.get_by_role("button", name="Continue").click()
    assert_sound(page)
    page.get_by_role("button", name="Save, but don't start yet").click()
    expect(page.get_by_role("heading", name="Support is saved, and not started")).to_be_visible()
    assert_sound(page)
    page.get_by_role("link", name="To the mailboxes").click()
    expect(page.get_by_text("Disabled")).to_be_visible()
    page.get_by_role("button", name="Actions for Support").click()
    page.get_by_role("menuitem", name="Start receiving mail").click()
    expect(page.get_by_text("Connecting")).to_be_visible()


@pytest.fixture
def plain_page(office: Office, browser: Browser) -> Iterator[Page]:
    """The admin's browser, which runs no script."""
    context = browser.new_context(java_script_enabled=False)
    office.sign_in(context, office.people.admin)
    yield context.new_page()
    context.close()


def test_the_way_of_a_mailbox_that_mail_is_brought_to_needs_no_script(
    plain_page: Page, office: Office, settings: Any
) -> None:
    page = plain_page
    with office.within():
        Team.objects.create(name="Orders")
    page.goto(f"{office.url}mailboxes/connect/")
    page.get_by_label("Email address").fill("shop@fernhollow.test")
    page.get_by_role("radio", name="Program").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Mailbox name").fill("")
    page.get_by_role("button", name="Save and finish later").click()
    expect(page.get_by_text("Next: Sign-in.")).to_be_visible()
    page.get_by_role("link", name="Go on", exact=True).click()
    expect(page.get_by_label("Address", exact=True)).to_have_value("shop@fernhollow.test")
    page.get_by_label("Mailbox name").fill("Shop")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Team").select_option(label="Orders")
    page.get_by_role("button", name="Start receiving mail").click()
    expect(page.get_by_role("heading", name="Shop takes mail")).to_be_visible()
    with office.within():
        mailbox = Mailbox.objects.select_related("team").get()
    assert (mailbox.is_draft, mailbox.is_enabled, str(mailbox.team)) == (False, True, "Orders")
