"""Webhooks and calls in a browser, by keyboard alone: one is made and tried out, then an address with its mapping."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from tests.browser.conftest import LOOKS
from tests.browser.test_connecting import assert_sound
from tests.factories.integrations import make_integration
from tests.factories.tickets import make_ticket
from ticketing.models import DeliveryStatus, IncomingCall, IncomingHook, Webhook, WebhookDelivery, WebhookState

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def enter(page: Page, target: Locator) -> None:
    """The Tab key has brought the focus there, and Enter was pressed."""
    _reach(page, target)
    page.keyboard.press("Enter")


def write(page: Page, target: Locator, text: str) -> None:
    """The field holds this text, typed over what was there."""
    _reach(page, target)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def _reach(page: Page, target: Locator) -> None:
    for _ in range(120):
        if target.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the Tab key does not reach {target}")


def _fill_logs(organization_id: int) -> None:
    with organization_scope(organization_id):
        hook, ticket, moment = Webhook.objects.get(), make_ticket(), clock.now()
        for number, state in enumerate(DeliveryStatus.values):
            WebhookDelivery.objects.create(
                webhook=hook,
                event_id=f"evt_{number}",
                type="ticket.updated",
                ticket=ticket,
                position=number + 1000,
                state=state,
                attempts=number,
                tried_at=moment,
                next_at=moment if state == "waiting" else None,
                status_code=500 if number else None,
                answer='{"error": "a rather long answer without end"}' * 6 if number else "",
                trouble="" if number else "tls_certificate_untrusted",
                created_at=moment,
            )
        Webhook.objects.update(state=WebhookState.STOPPED, stop_reason="failing")
        called = IncomingHook.objects.get()
        IncomingCall.objects.create(
            hook=called, call_id="c1", body='{"a": 1}', received_at=moment, state="applied", ticket=ticket
        )
        said = "Nobody has said what “gelb” at /ticket/state means here. Add it to the table of values."
        IncomingCall.objects.create(
            hook=called, call_id="c2", body='{"a": 2}', received_at=moment, state="refused", said=said
        )


@pytest.mark.req("S3.5", "S3.6")
@LOOKS
def test_a_webhook_and_an_address_are_made_and_looked_after(
    quiet_page: Page, quiet_server: Any, people: Any, client: Any, scheme: str, width: int
) -> None:
    with organization_scope(people.admin.organization_id):
        integration = make_integration(people.admin, name="Old desk")
        make_ticket("From before")
    client.force_login(people.admin.user)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": quiet_server.url}
    page = quiet_page
    page.context.add_cookies([cookie])  # type: ignore[list-item]  # a dict as the library has it
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
    address = f"{quiet_server.url}/o/fernhollow/settings/integrations/{integration.pk}/"
    page.goto(address)
    assert_sound(page)
    enter(page, page.get_by_role("link", name="New webhook"))
    write(page, page.get_by_label("Address"), "http://desk.example/hook")
    enter(page, page.get_by_role("button", name="Make the webhook"))
    expect(page.get_by_text("Enter an address that begins with https://")).to_be_visible()
    assert_sound(page)
    write(
        page, page.get_by_label("Address"), "https://desk.example/a/rather/long/address/of/a/hook/at/the/other/system"
    )
    page.keyboard.press("Enter")
    expect(page.get_by_label("Secret", exact=True)).to_have_value(re.compile("^whsec_"))
    assert_sound(page)
    enter(page, page.get_by_role("link", name="Done"))
    enter(page, page.get_by_role("button", name="Send a test event"))
    expect(page.get_by_role("cell", name="test", exact=True)).to_be_visible()
    assert_sound(page)
    page.goto(f"{address}incoming/")
    assert_sound(page)
    enter(page, page.get_by_role("button", name="Make an address"))
    expect(page.get_by_label("Address")).to_have_value(re.compile("^http"))
    assert_sound(page)
    _fill_logs(people.admin.organization_id)
    page.goto(f"{address}incoming/")
    assert_sound(page)
    write(page, page.get_by_label("Subject"), "ticket/title")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Write it as a JSON pointer")).to_be_visible()
    page.goto(address)
    enter(page, page.get_by_role("link", name="https://desk.example"))
    expect(page.get_by_text("It failed for three days.")).to_be_visible()
    assert_sound(page)
    enter(page, page.get_by_role("button", name="Resume"))
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    answer = page.locator("details", has_text="500").first
    enter(page, answer.locator("summary"))
    expect(answer.locator("pre")).to_be_visible()
    enter(page, page.get_by_role("button", name="Bring them over"))
    expect(page.get_by_text("0 of 1 tickets are handed over.")).to_be_visible()
    assert_sound(page)
    enter(page, page.get_by_role("button", name="Stop"))
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
