"""Guides in a browser: open beside a form where there is room, a fold on a phone, and on a page of their own."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Office
from tests.browser.test_connecting import assert_sound

pytestmark = pytest.mark.browser


@pytest.fixture
def at_form(quiet_page: Page, office: Office) -> Page:
    """An admin's browser."""
    office.sign_in(quiet_page.context, office.people.admin)
    return quiet_page


@pytest.mark.parametrize(("scheme", "width", "is_open"), [("light", 1680, True), ("dark", 390, False)])
def test_a_guide_is_open_beside_its_form_or_folds_away(
    at_form: Page, office: Office, scheme: str, width: int, is_open: bool
) -> None:
    page = at_form
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
    page.goto(f"{office.url}mailboxes/new/microsoft-app/")
    secret = page.locator("#entra-app-secret")
    expect(secret).to_be_visible(visible=is_open)
    summary = page.locator(".beside summary").first
    summary.focus()
    page.keyboard.press("Enter")
    expect(secret).to_be_visible(visible=not is_open)
    assert_sound(page)


def test_the_form_of_mail_servers_shows_the_guides_of_what_is_chosen(at_form: Page, office: Office) -> None:
    page = at_form
    page.goto(f"{office.url}mailboxes/new/")
    titles = page.locator(".beside summary")
    expect(titles.filter(visible=True)).to_have_text(["Guide: Any mail server over IMAP"])
    page.locator("#id_provider").select_option("Yahoo")
    expect(titles.filter(visible=True)).to_have_text(["Guide: Yahoo", "Guide: Any mail server over IMAP"])
    page.locator("#id_protocol").select_option("ews")
    page.locator("#id_provider").select_option("")
    expect(titles.filter(visible=True)).to_have_text(["Guide: Exchange server of your own"])


def test_the_form_of_app_registrations_shows_guide_and_permissions_of_what_is_chosen(
    at_form: Page, office: Office
) -> None:
    page = at_form
    page.goto(f"{office.url}mailboxes/new/microsoft-app/")
    titles = page.locator(".beside summary")
    expect(titles.filter(visible=True)).to_have_text(["Guide: Microsoft 365 by an app registration"])
    to_admin, to_exchange = page.locator("#for-entra-admin"), page.locator("#for-exchange-admin")
    page.locator("#id_tenant").fill("fernhollow.example")
    page.locator("#id_client_id").fill("b1f0d7c8-22aa-4c35-8f63-5e90a1c7d6f2")
    page.locator("#id_client_id").blur()
    page.get_by_text("What to send to one").click()
    expect(to_admin).to_be_visible()
    for of_exchange in (page.locator("#permissions-ews"), page.locator("#id_host"), to_exchange):
        expect(of_exchange).to_be_hidden()
    page.locator("#id_protocol").select_option("ews")
    expect(titles.filter(visible=True)).to_have_text(["Guide: Exchange Online over Exchange Web Services"])
    expect(page.locator("#permissions-ews")).to_be_visible()
    expect(page.locator("#id_host")).to_be_visible()
    expect(to_exchange).to_be_visible()
    for of_graph in (page.locator("#permissions-graph"), to_admin):
        expect(of_graph).to_be_hidden()


def test_a_guide_is_copied_as_text_and_a_link_leads_to_its_step(at_form: Page, office: Office) -> None:
    page = at_form
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{office.url}mailboxes/guides/entra-app/#entra-app-confine")
    expect(page.locator("#entra-app-confine")).to_be_in_viewport()
    page.get_by_role("button", name="Copy as text").click()
    expect(page.get_by_text("Copied", exact=False).first).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "New-ServicePrincipal -AppId" in copied
    assert "# Microsoft 365 by an app registration" in copied
    assert_sound(page)
