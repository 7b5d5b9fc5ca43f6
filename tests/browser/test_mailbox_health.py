"""A list that is looked at while a mailbox goes down and comes back, and the page that says what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from helpdesk.lib import clock
from mailboxes.models import Health, Mailbox, SpanState
from mailboxes.services.liveness.health_history import begin_span
from tests.browser.conftest import Office, violations
from tests.factories.mailboxes import make_mailbox

pytestmark = [pytest.mark.browser, pytest.mark.servers]


def turn(office: Office, health: Health, *, reason: str = "") -> None:
    """The mailbox is as a poll would leave it, its third failure told."""
    is_down = health == Health.UNREACHABLE
    with office.within():
        mailbox = Mailbox.objects.get()
        said = "[AUTHENTICATIONFAILED] Authentication failed." if is_down else ""
        failures = 0 if is_down else 3
        begin_span(mailbox, SpanState(health), failures_before=failures, reason=reason, detail=said)
        mailbox.health, mailbox.error_reason = health, reason
        mailbox.failures_in_row = 3 if is_down else 0
        mailbox.failing_since = mailbox.outage_notified_at = clock.now() if is_down else None
        mailbox.error_detail = said
        mailbox.save()


def assert_sound(page: Page) -> None:
    """The page fits 390 px, and axe finds nothing, by light and in the dark."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # playwright's words
        assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.req("S4.54", "S4.57", "S4.58", "S4.59", "S4.63", "S5.15")
@pytest.mark.parametrize("width", [1280, 390])
def test_the_list_turns_unreachable_and_back_while_it_is_looked_at(browser: Browser, office: Any, width: int) -> None:
    make_mailbox(office.organization, name="Repairs")
    turn(office, Health.REACHABLE)
    context = browser.new_context(viewport={"width": width, "height": 900})
    office.sign_in(context, office.people.admin)
    page = context.new_page()
    page.clock.install()
    page.goto(f"{office.url}mailboxes/")
    expect(page.locator(".mbox__health")).to_contain_text("Reachable")
    turn(office, Health.UNREACHABLE, reason="login_refused")
    page.clock.fast_forward(16_000)
    expect(page.locator(".mbox__health")).to_contain_text("Unreachable")
    expect(page.locator("#toasts")).to_contain_text("Repairs cannot be read.")
    assert_sound(page)
    page.get_by_role("link", name="Details").click()
    expect(page.get_by_role("heading", name="Health of Repairs")).to_be_visible()
    expect(page.get_by_text("It worked before")).to_be_visible()
    assert_sound(page)
    turn(office, Health.REACHABLE)
    page.clock.fast_forward(16_000)
    expect(page.locator("#mailbox-health .pill").first).to_contain_text("Reachable")
    expect(page.get_by_text("3 tries. The server said")).to_be_visible()
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Mailboxes").click()
    expect(page.locator("#toasts")).to_contain_text("Repairs is read again.")
    context.close()
