"""Connecting a mailbox in a browser: by keyboard alone, in each theme and width, and what it says when it fails."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Health, Mailbox
from tests.browser.conftest import LOOKS, PASSWORD, Desk, violations
from tests.browser.test_whole_path import fill_mailbox, go_on_from_the_test, set_up_organization

pytestmark = pytest.mark.browser


def tab_to(page: Page, selector: str) -> None:
    """The Tab key has brought the focus there."""
    for _ in range(60):
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the Tab key does not reach {selector}")


def type_into(page: Page, selector: str, text: str) -> None:
    """The field holds this text, typed over what was there."""
    tab_to(page, selector)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def assert_sound(page: Page) -> None:
    """axe finds nothing, and the page does not scroll sideways."""
    assert violations(page) == [], page.url
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{page.url} scrolls sideways by {overflow} px"


@pytest.mark.req("S1.2", "S2.13", "S4.31", "S4.43")
def test_an_admin_connects_a_mailbox_with_the_keyboard_alone(quiet_page: Page, desk: Desk) -> None:
    page, keyboard = quiet_page, quiet_page.keyboard
    page.goto(desk.url)
    for field, text in (
        ("organization", "Fernhollow"),
        ("slug", "fernhollow"),
        ("name", "Ines Duarte"),
        ("email", "ines@fernhollow.test"),
        ("password", PASSWORD),
    ):
        type_into(page, f"#id_{field}", text)
    keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/o/fernhollow/"))
    keyboard.press("g")
    keyboard.press("b")
    expect(page.get_by_role("heading", name="Mailboxes")).to_be_visible()
    tab_to(page, "a.btn--primary[href$='/mailboxes/connect/']")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Which address do customers write to?")).to_be_visible()
    type_into(page, "#id_address", f"{desk.user}@fernhollow.test")
    tab_to(page, "input[name=provider]:checked")
    while page.locator("input[name=provider]:checked").get_attribute("value") != "imap":
        keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in to the mail server")).to_be_visible()
    expect(page.locator("#id_address")).to_have_value(f"{desk.user}@fernhollow.test")
    type_into(page, "#id_name", "Support")
    type_into(page, "#id_host", "localhost")
    tab_to(page, "#id_security")
    keyboard.press("ArrowDown")
    expect(page.locator("#id_port")).to_have_value("143")
    keyboard.press("ArrowUp")
    expect(page.locator("#id_port")).to_have_value("993")
    type_into(page, "#id_port", str(desk.dovecot.imaps_port))
    type_into(page, "#id_username", desk.user)
    type_into(page, "#id_password", "wrong")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The server refused the sign-in")).to_be_focused(timeout=60_000)
    tab_to(page, "#mend")
    keyboard.press("Enter")
    expect(page.locator("#id_password")).to_be_focused()
    type_into(page, "#id_password", "mailbox-password")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Reading works")).to_be_focused(timeout=60_000)
    tab_to(page, "main button.btn--primary")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="INBOX is empty")).to_be_visible(timeout=60_000)
    tab_to(page, "main button.btn--primary")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Where should these tickets go?")).to_be_visible()
    tab_to(page, "main button.btn--primary")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Support is connected")).to_be_visible()
    tab_to(page, "main a.btn--primary")
    keyboard.press("Enter")
    expect(page.get_by_role("article", name="Support")).to_be_visible()


@pytest.mark.req("S1.34", "S1.39", "S2.15", "S2.45", "S4.43", "S4.54")
@LOOKS
def test_every_step_of_connecting_is_sound(quiet_page: Page, desk: Desk, scheme: str, width: int) -> None:
    page = quiet_page
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
    page.goto(desk.url)
    assert_sound(page)
    set_up_organization(page, desk)
    desk.write("Old", "It was there before.")
    page.goto(f"{desk.url}/o/fernhollow/mailboxes/")
    assert_sound(page)
    fill_mailbox(page, desk, password="wrong")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_role("heading", name="The server refused the sign-in")).to_be_visible(timeout=60_000)
    assert_sound(page)
    page.get_by_role("link", name="Change the password").click()
    page.locator("#id_password").fill("mailbox-password")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_role("heading", name="Everything works")).to_be_visible(timeout=60_000)
    assert_sound(page)
    go_on_from_the_test(page)
    expect(page.get_by_role("heading", name="1 message is already in INBOX")).to_be_visible(timeout=60_000)
    assert_sound(page)
    page.get_by_text("Import it as closed tickets").click()
    page.locator("#id_since").fill(f"{clock.now() - timedelta(days=1):%Y-%m-%d}")
    expect(page.locator("#since-count")).to_contain_text("1 message of 1, received since", timeout=60_000)
    page.get_by_role("radio", name="Delete after some days").check()
    assert_sound(page)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Tick this to go on")).to_be_visible()
    assert_sound(page)
    page.get_by_role("radio", name="Leave it untouched").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("becomes closed tickets")).to_be_visible()
    assert_sound(page)
    page.get_by_role("button", name="Start receiving mail").click()
    expect(page.get_by_role("button", name="Test email receipt")).to_be_visible()
    assert_sound(page)
    page.goto(f"{desk.url}/o/fernhollow/mailboxes/")
    _take_down(desk)
    page.reload()
    expect(page.locator("#toasts")).to_contain_text("Support cannot be read.")
    expect(page.get_by_text("The server refuses the username or password.")).to_be_visible()
    assert_sound(page)
    page.get_by_role("link", name="Test connection").click()
    expect(page.get_by_text("What to check, most likely first.")).to_be_visible()
    assert_sound(page)


def _take_down(desk: Desk) -> None:
    """The mailbox looks as after three refused sign-ins."""
    with organization_scope(Organization.objects.get(slug="fernhollow").id):
        Mailbox.objects.update(
            health=Health.UNREACHABLE,
            error_reason="login_refused",
            error_detail="[AUTHENTICATIONFAILED] Authentication failed.",
            failures_in_row=3,
            failing_since=clock.now(),
            outage_notified_at=clock.now(),
        )
