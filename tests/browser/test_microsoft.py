"""Connecting a mailbox of Microsoft 365 by an app registration in a browser: a failing secret, then all the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from helpdesk.tenancy.models import WorkKind
from tests.browser.conftest import Desk
from tests.browser.test_connecting import assert_sound
from tests.browser.test_whole_path import go_on_from_the_test, set_up_organization, start_receiving
from tests.mailboxes.account import mail
from tests.mailboxes.graph import Microsoft, microsoft_cloud
from tests.servers.certificates import CertificateAuthority

pytestmark = pytest.mark.browser
ADDRESS = "support@fernhollow.example"


@pytest.fixture
def microsoft(
    desk: Desk, certificate_authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Iterator[Microsoft]:
    """A tenant with an app, and a mailbox with one mail."""
    with microsoft_cloud(certificate_authority, monkeypatch=monkeypatch, settings=settings) as made:
        made.graph.mailbox(ADDRESS).deliver(mail(1))
        made.graph.mailbox(ADDRESS).make("INBOX/Orders")
        yield made


@pytest.mark.req("S1.4", "S1.7", "S2.45", "S4.15", "S1.18", "S1.21", "S1.24", "S1.25", "S1.31", "S1.39")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_a_mailbox_is_connected_after_a_secret_that_was_wrong(
    quiet_page: Page, desk: Desk, microsoft: Microsoft, scheme: str, width: int
) -> None:
    page = quiet_page
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
    set_up_organization(page, desk)
    page.goto(f"{desk.url}/o/fernhollow/mailboxes/connect/")
    page.locator("#id_address").fill(ADDRESS)
    page.get_by_role("radio", name="Microsoft 365, app registration").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("and the link for the consent stands here")).to_be_visible()
    expect(page.locator("#id_name")).to_have_value("Support")
    expect(page.locator("#id_address")).to_have_value(ADDRESS)
    expect(page.locator("#id_host")).to_be_hidden()
    page.locator("#id_tenant").fill(microsoft.tenant)
    page.locator("#id_client_id").fill(microsoft.client_id)
    page.locator("#id_client_secret").fill("3f0a9d52-71c4-4b8e-a6de-9b1e4f7c2d10")
    consent = page.get_by_role("link", name="Grant admin consent at Microsoft")
    expect(consent).to_have_attribute(
        "href", f"https://{microsoft.entra.host}/{microsoft.tenant}/adminconsent?client_id={microsoft.client_id}"
    )
    guide = page.locator(".beside summary").filter(has_text="Microsoft 365 by an app registration")
    expect(guide).to_be_visible()
    expect(page.locator("#entra-app-secret")).to_contain_text("at most 24 months")
    assert_sound(page)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("This looks like the secret ID.")).to_be_visible()
    page.locator("#id_client_secret").fill("not-the-value")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_role("heading", name="Microsoft gave no token")).to_be_visible(timeout=60_000)
    assert_sound(page)
    page.get_by_role("link", name="Paste the secret's value, not its ID").click()
    expect(page.locator("#id_client_secret")).to_be_focused()
    assert_sound(page)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(microsoft.secret)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_role("heading", name="Everything works")).to_be_visible(timeout=60_000)
    expect(page.locator("#connection-test")).to_contain_text("Whether it may send, only a test mail shows.")
    page.get_by_text("folders found").click()
    assert_sound(page)
    page.get_by_role("button", name="Orders").press("Enter")
    expect(page.get_by_text("INBOX/Orders is empty", exact=True)).to_be_visible(timeout=60_000)
    expect(page.get_by_role("heading", name="Everything works")).to_be_visible(timeout=60_000)
    page.get_by_text("folders found").click()
    expect(page.get_by_role("button", name="Orders")).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="INBOX", exact=True).click()
    expect(page.get_by_text("INBOX has 1 message", exact=True)).to_be_visible(timeout=60_000)
    expect(page.get_by_role("heading", name="Everything works")).to_be_visible(timeout=60_000)
    go_on_from_the_test(page)
    expect(page.get_by_role("heading", name="1 message is already in INBOX")).to_be_visible(timeout=60_000)
    page.get_by_role("radio", name="Import it as open tickets").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Priority").select_option("high")
    expect(page.locator("#next-message")).to_contain_text("priority High")
    assert_sound(page)
    start_receiving(page)
    desk.work(WorkKind.POLL, WorkKind.PROCESS, later_s=10)
    page.goto(f"{desk.url}/o/fernhollow/views/unassigned/")
    expect(page.get_by_text("Mail 1").first).to_be_visible()
    expect(page.get_by_text("High").first).to_be_visible()
