"""Connecting a mailbox of an Exchange server in a browser: what the form shows follows the protocol."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LOOKS, Desk
from tests.browser.test_connecting import assert_sound
from tests.browser.test_whole_path import set_up_organization

pytestmark = pytest.mark.browser


@pytest.mark.req("S4.9", "S5.33")
@LOOKS
def test_the_form_for_an_exchange_server_asks_and_warns_of_what_belongs_to_it(
    quiet_page: Page, desk: Desk, scheme: str, width: int
) -> None:
    page = quiet_page
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
    set_up_organization(page, desk)
    page.goto(f"{desk.url}/o/fernhollow/mailboxes/new/")
    warning = page.get_by_text("for all on 1 April 2027", exact=False).first
    expect(warning).to_be_hidden()
    page.locator("#id_protocol").select_option("ews")
    expect(warning).to_be_visible()
    expect(page.locator("#id_port")).to_have_value("443")
    expect(page.locator("#id_folder")).to_be_visible()
    for hidden in ("#id_security", "#id_is_real_time"):
        expect(page.locator(hidden)).to_be_hidden()
    assert_sound(page)
    page.locator("#id_protocol").select_option("imap")
    expect(page.locator("#id_port")).to_have_value("993")
    expect(page.locator("#id_security")).to_be_visible()


@pytest.mark.req("S4.10", "S4.22", "S5.38")
@LOOKS
def test_the_page_of_an_app_asks_for_the_server_where_exchange_is_chosen(
    quiet_page: Page, desk: Desk, scheme: str, width: int
) -> None:
    page = quiet_page
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
    set_up_organization(page, desk)
    page.goto(f"{desk.url}/o/fernhollow/mailboxes/new/microsoft-app/")
    warning = page.get_by_text("Exchange Web Services are the second choice. They are less secure", exact=False)
    for hidden in (warning, page.locator("#id_host"), page.locator("#id_port")):
        expect(hidden).to_be_hidden()
    page.locator("#id_protocol").select_option("ews")
    expect(warning).to_be_visible()
    expect(page.locator("#id_host")).to_have_value("EWS:outlook.office365.com/ews/Exchange.asmx")
    expect(page.locator("#id_port")).to_have_value("443")
    expect(page.locator("#id_is_real_time")).to_be_hidden()
    assert_sound(page)


def test_sending_through_exchange_leaves_out_the_server_for_smtp(quiet_page: Page, desk: Desk) -> None:
    page = quiet_page
    set_up_organization(page, desk)
    page.goto(f"{desk.url}/o/fernhollow/mailboxes/new/?protocol=ews")
    by_itself, smtp = page.locator("#id_sends_itself"), page.locator("#id_smtp_host")
    expect(by_itself).to_be_checked()
    expect(smtp).to_be_hidden()
    by_itself.uncheck()
    expect(smtp).to_be_visible()
    page.locator("#id_protocol").select_option("imap")
    expect(by_itself).to_be_hidden()
    expect(smtp).to_be_visible()
