"""A mailbox that mail is brought to, in a browser: connected, posted to, its mail answered for; on a phone too."""

from __future__ import annotations

import re
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from helpdesk.tenancy.models import WorkKind
from tests.browser.conftest import LOOKS, Desk
from tests.browser.test_connecting import assert_sound
from tests.browser.test_whole_path import set_up_organization
from tests.factories.incoming import make_mail

pytestmark = pytest.mark.browser


@LOOKS
def test_an_admin_lets_a_program_bring_mail(
    quiet_page: Page, desk: Desk, settings: Any, scheme: str, width: int
) -> None:
    page = quiet_page
    settings.MAIL_DOMAIN = "in.example.test"
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two it takes
    set_up_organization(page, desk)
    page.goto(f"{desk.url}/o/fernhollow/mailboxes/connect/")
    page.get_by_label("Email address").fill("shop@fernhollow.test")
    page.locator(".provider-grid").get_by_text("Forwarding", exact=True).click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Address", exact=True)).to_have_value("shop@fernhollow.test")
    page.get_by_label("Mailbox name").fill("Shop")
    assert_sound(page)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Not needed: mail is brought here")).to_have_count(2)
    assert_sound(page)
    page.get_by_role("button", name="Start receiving mail").click()
    expect(page.get_by_role("heading", name="Shop takes mail")).to_be_visible()
    expect(page.get_by_label("Forwarding address")).to_have_value(re.compile(r"^shop-[a-z2-9]{16}@in\.example\.test$"))
    assert_sound(page)
    secret = page.get_by_label("Secret address").input_value()
    request = urllib.request.Request(
        secret, data=make_mail(subject="From a program"), headers={"Content-Type": "message/rfc822"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 202
    desk.work(WorkKind.PROCESS)
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("Forwarding or push")).to_be_visible()
    assert_sound(page)
    page.get_by_role("link", name="Shop", exact=True).click()
    expect(page.get_by_role("button", name="New secret address")).to_be_visible()
    assert_sound(page)
    page.get_by_role("button", name="New secret address").click()
    expect(page.get_by_role("heading", name="New secret address of Shop")).to_be_visible()
    assert page.get_by_label("Secret address").input_value() != secret
    page.goto(f"{desk.url}/o/fernhollow/views/all/")
    expect(page.get_by_text("From a program").first).to_be_visible()
