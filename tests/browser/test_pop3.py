"""Connecting a POP3 mailbox in a browser: what the form offers follows the protocol, and mail comes in."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LOOKS, Desk
from tests.browser.test_connecting import assert_sound
from tests.browser.test_whole_path import go_on_from_the_test, set_up_organization, start_receiving

pytestmark = pytest.mark.browser


@pytest.mark.req("S2.24", "S4.12", "S4.14", "S4.30", "S4.31", "S4.13")
@LOOKS
def test_a_pop3_mailbox_is_connected_from_the_form_to_the_count(
    quiet_page: Page, desk: Desk, scheme: str, width: int
) -> None:
    page = quiet_page
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
    set_up_organization(page, desk)
    desk.write("Old", "It was there before.")
    page.goto(f"{desk.url}/o/fernhollow/mailboxes/new/")
    _see_what_follows_the_protocol(page)
    page.locator("#id_name").fill("Support")
    page.locator("#id_address").fill(f"{desk.user}@fernhollow.test")
    page.locator("#id_host").fill("localhost")
    page.locator("#id_port").fill(str(desk.dovecot.pop3s_port))
    page.locator("#id_username").fill(desk.user)
    page.locator("#id_password").fill("wrong")
    page.locator("#id_smtp_host").fill("")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_role("heading", name="The server refused the sign-in")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Change the password").click()
    page.locator("#id_password").fill("mailbox-password")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_role("heading", name="Reading works")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("INBOX has 1 message", exact=True)).to_be_visible()
    assert_sound(page)
    go_on_from_the_test(page)
    expect(page.get_by_role("heading", name="1 message is already in INBOX")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("POP3 can neither mark a message as read nor move it")).to_be_visible()
    expect(page.get_by_role("radio", name="Mark as read")).to_have_count(0)
    assert_sound(page)
    page.get_by_role("button", name="Continue").click()
    start_receiving(page)


def _see_what_follows_the_protocol(page: Page) -> None:
    folder = page.locator("#id_folder")
    expect(folder).to_be_visible()
    page.locator("#id_protocol").select_option("pop3")
    expect(page.locator("#id_port")).to_have_value("995")
    expect(page.locator("#id_host")).to_have_attribute("list", "pop3-hosts")
    expect(page.get_by_text("POP3 is for servers without IMAP.")).to_be_visible()
    expect(folder).to_be_hidden()
    page.locator("#id_security").select_option("starttls")
    expect(page.locator("#id_port")).to_have_value("110")
    page.locator("#id_provider").select_option("Google")
    expect(page.locator("#id_host")).to_have_value("pop.gmail.com")
    expect(page.locator("#id_port")).to_have_value("995")
    expect(page.locator("#id_smtp_host")).to_have_value("smtp.gmail.com")
    expect(page.locator("#id_smtp_port")).to_have_value("465")
    page.locator("#id_smtp_security").select_option("starttls")
    expect(page.locator("#id_smtp_port")).to_have_value("587")
    page.locator("#id_smtp_security").select_option("tls")
    expect(page.locator("#id_smtp_port")).to_have_value("465")
    page.locator("#id_provider").select_option("")
    page.locator("#id_protocol").select_option("imap")
    expect(page.locator("#id_host")).to_have_value("imap.gmail.com")
    expect(page.locator("#id_port")).to_have_value("993")
    expect(folder).to_be_visible()
    page.locator("#id_protocol").select_option("pop3")
    page.get_by_text("Which protocol?").click()
    expect(page.get_by_role("rowheader", name="POP3, POP3S")).to_be_visible()
    assert_sound(page)
