"""Outgoing servers in a browser: one is added, chosen in a mailbox, and hides the fields it makes needless."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LOOKS, Desk
from tests.browser.test_connecting import assert_sound
from tests.browser.test_whole_path import set_up_organization

pytestmark = pytest.mark.browser


@pytest.mark.req("S4.28")
@LOOKS
def test_a_server_is_added_and_chosen_in_a_mailbox(quiet_page: Page, desk: Desk, scheme: str, width: int) -> None:
    page = quiet_page
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
    set_up_organization(page, desk)
    page.goto(f"{desk.url}/o/fernhollow/mailboxes/outgoing/")
    assert_sound(page)
    page.get_by_role("link", name="Add an outgoing server").click()
    page.get_by_label("Name", exact=True).fill("Relay")
    page.locator("#id_smtp_host").fill("relay.fernhollow.test")
    page.locator("#id_smtp_security").select_option("tls")
    expect(page.locator("#id_smtp_port")).to_have_value("465")
    page.get_by_label("Default of the organization").check()
    assert_sound(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("relay.fernhollow.test:465")).to_be_visible()
    assert_sound(page)
    page.get_by_role("link", name="Relay").click()
    page.get_by_role("link", name="Remove server").click()
    expect(page.get_by_text("No mailbox sends through it")).to_be_visible()
    assert_sound(page)
    page.goto(f"{desk.url}/o/fernhollow/mailboxes/new/")
    host = page.locator("#id_smtp_host")
    expect(host).to_be_visible()
    page.get_by_label("Send through", exact=True).select_option(label="Relay")
    expect(host).to_be_hidden()
    assert_sound(page)
