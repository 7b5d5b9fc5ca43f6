"""Adding addresses to an app that is there, in a browser: each has its line on the page that follows."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import ConnectionKind, SecurityChoice
from mailboxes.services.setup.mailbox_inputs import RegistrationInput, ServerInput
from mailboxes.services.setup.mailboxes import create_mailbox
from tests.browser.test_connecting import assert_sound
from tests.factories.mailboxes import mailbox_input

pytestmark = pytest.mark.browser
TENANT, CLIENT = "fernhollow.example", "b1f0d7c8-22aa-4c35-8f63-5e90a1c7d6f2"


@pytest.mark.req("S5.40")
def test_addresses_are_added_and_each_says_what_became_of_it(
    quiet_page: Page, office: Any, people: Any, fernhollow: Any
) -> None:
    page = quiet_page
    place = ServerInput("exchange.invalid", 443, SecurityChoice.TLS, TENANT, kind=ConnectionKind.EWS)
    app = RegistrationInput(tenant=TENANT, client_id=CLIENT, client_secret="the-value")
    with organization_scope(fernhollow.id):
        first = create_mailbox(mailbox_input(address="help@fernhollow.example", incoming=place, app=app))
        create_mailbox(mailbox_input(address="taken@fernhollow.example"))
    office.sign_in(page.context, people.admin)
    page.goto(f"{office.url}mailboxes/{first.pk}/")
    page.get_by_label("More mailboxes of the same connection").fill(
        "sales@fernhollow.example; taken@fernhollow.example\nbilling@fernhollow.example"
    )
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Mailboxes of one connection")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("taken@fernhollow.example was not connected. There is a mailbox")
    for address in ("help", "sales", "billing"):
        expect(page.get_by_role("row", name=f"{address}@fernhollow.example")).to_contain_text("Connecting")
    assert_sound(page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    assert_sound(page)
    page.goto(f"{office.url}mailboxes/")
    expect(page.get_by_text("taken@fernhollow.example was not connected with")).to_be_visible()
    assert_sound(page)
    page.get_by_role("link", name="See why").click()
    page.get_by_role("button", name="Put taken@fernhollow.example away").click()
    expect(page.get_by_role("heading", name="Mailboxes of one connection")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
