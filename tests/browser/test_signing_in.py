"""Signing in at a provider in a browser: to the fake and back, on each width and theme, and once it has gone wrong."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import GrantState, Mailbox, OAuthGrant
from tests.browser.conftest import Office
from tests.browser.test_connecting import assert_sound
from tests.fakes.entra import FakeEntra

pytestmark = [pytest.mark.browser, pytest.mark.req("S4.16", "S4.18", "S3.9", "S2.40", "S2.41", "S5.23")]


@pytest.fixture(scope="module")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """The browser takes the fake's certificate."""
    return {**browser_context_args, "ignore_https_errors": True}


@pytest.fixture
def visit(quiet_server: Any, quiet_page: Page) -> Page:
    """A page that is closed before the server is: it asks for nothing more once the test is over."""
    return quiet_page


@pytest.fixture
def microsoft(entra: FakeEntra, office: Office, settings: Any) -> FakeEntra:
    """Entra, where the product's callback is registered."""
    entra.apps["app-1"].redirect_uris = [f"{settings.BASE_URL}/oauth/callback/"]
    return entra


def fill_in(page: Page) -> None:
    page.locator("#id_name").fill("Help")
    page.locator("#id_address").fill("ann@acme.example")
    page.locator("#id_client_id").fill("app-1")
    page.locator("#id_client_secret").fill("s3cret")
    page.locator("#id_tenant").fill("acme.example")


def grant_of(office: Office) -> OAuthGrant:
    with organization_scope(office.organization.id):
        return OAuthGrant.objects.get()


@pytest.mark.req("S4.29")
def test_an_admin_goes_to_microsoft_is_refused_and_comes_back_signed_in(
    visit: Page, office: Office, microsoft: FakeEntra
) -> None:
    office.sign_in(visit.context, office.people.admin)
    visit.goto(f"{office.url}mailboxes/new/microsoft/")
    assert_sound(visit)
    fill_in(visit)
    visit.get_by_role("button", name="Save and go to sign-in").click()
    expect(visit.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    assert_sound(visit)
    visit.locator("#to-provider").click()
    visit.get_by_role("button", name="Cancel").click()
    expect(visit.get_by_text("Send this to your administrator")).to_be_visible()
    assert_sound(visit)
    visit.set_viewport_size({"width": 390, "height": 844})
    assert_sound(visit)
    visit.emulate_media(color_scheme="dark")
    assert_sound(visit)
    visit.locator("#to-provider").focus()
    visit.keyboard.press("Enter")
    visit.get_by_role("button", name="Accept as ann@acme.example").click()
    expect(visit).to_have_url(re.compile(r"/mailboxes/\d+/setup/test/$"))
    expect(visit.get_by_text("Signed in for Help.")).to_be_visible()
    expect(visit.get_by_role("button", name="Copy the report")).to_be_visible(timeout=60_000)
    assert_sound(visit)
    told = visit.locator("#test-report").inner_text()
    visit.reload()
    assert visit.locator("#test-report").inner_text() == told
    assert grant_of(office).state == GrantState.ALIVE
    visit.goto(f"{office.url}mailboxes/")
    expect(visit.get_by_text("Next: Test.")).to_be_visible()


def test_a_dead_grant_is_signed_in_again_from_the_list(visit: Page, office: Office, microsoft: FakeEntra) -> None:
    office.sign_in(visit.context, office.people.admin)
    visit.goto(f"{office.url}mailboxes/new/microsoft/")
    fill_in(visit)
    visit.get_by_role("button", name="Save and go to sign-in").click()
    visit.locator("#to-provider").click()
    visit.get_by_role("button", name="Accept as ann@acme.example").click()
    expect(visit.get_by_text("Signed in for Help.")).to_be_visible()
    with organization_scope(office.organization.id):
        Mailbox.objects.update(is_draft=False)
        OAuthGrant.objects.update(state=GrantState.DEAD, state_reason="grant_dead")
    visit.goto(f"{office.url}mailboxes/")
    visit.get_by_role("link", name="Sign in again").first.click()
    expect(visit.get_by_text("The provider no longer gives access. Sign in again.")).to_be_visible()
    assert_sound(visit)
    visit.locator("#to-provider").click()
    visit.get_by_role("button", name="Accept as ann@acme.example").click()
    expect(visit.get_by_text("Signed in for Help.")).to_be_visible()
    assert grant_of(office).state == GrantState.ALIVE


@pytest.mark.parametrize("provider", ["google", "other"])
def test_the_forms_of_other_providers_are_sound(visit: Page, office: Office, provider: str) -> None:
    office.sign_in(visit.context, office.people.admin)
    visit.goto(f"{office.url}mailboxes/new/{provider}/")
    assert_sound(visit)
    visit.set_viewport_size({"width": 390, "height": 844})
    assert_sound(visit)
