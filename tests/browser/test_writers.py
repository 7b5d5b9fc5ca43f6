"""Only some may write: mail is held until the mail server is believed, a stranger's until it is released."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from helpdesk.tenancy.models import WorkKind
from tests.browser.conftest import Desk, violations
from tests.browser.test_whole_path import connect_mailbox, set_up_organization
from tests.factories.incoming import make_mail
from tests.factories.proven import PROVEN, SERVER

pytestmark = pytest.mark.browser


@pytest.mark.req("S5.60", "S5.78", "S5.84")
def test_mail_is_let_in_once_its_server_is_believed_and_a_strangers_once_it_is_released(
    quiet_page: Page, desk: Desk
) -> None:
    page = quiet_page
    set_up_organization(page, desk)
    connect_mailbox(page, desk)
    page.get_by_role("link", name="Support").first.click()
    page.get_by_label("Mailbox sections").get_by_role("link", name="Who may write").click()
    expect(page.get_by_label("Known contacts")).to_be_hidden()
    page.get_by_label("Has its own settings").check()
    page.get_by_label("Only these").check()
    expect(page.get_by_label("Known contacts")).to_be_checked()
    page.get_by_label("Senders of these domains").fill("larkmoor.test; *.stonebeck.test")
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It holds from the next mail on.")).to_be_visible()
    expect(page.get_by_label("Senders of these domains")).to_have_value("larkmoor.test\n*.stonebeck.test")
    page.set_viewport_size({"width": 1280, "height": 900})

    for subject, sender in (("Stove hisses", "amara@larkmoor.test"), ("Returns label", "sanna@oldmill.test")):
        desk.dovecot.deliver(desk.user, make_mail(subject=subject, sender=sender, headers=PROVEN))
    desk.work(WorkKind.POLL, WorkKind.PROCESS, later_s=3600)
    held = f"{desk.url}/o/fernhollow/inbound-log/?outcome=held"
    page.goto(held)
    page.get_by_role("link", name="Stove hisses").click()
    expect(page.locator("#detail .banner")).to_contain_text("no mail server that is believed proves it")
    page.get_by_role("link", name="Open the setting").first.click()
    page.get_by_role("button", name="Believe it").click()
    expect(page.get_by_text(f"Believed: {SERVER}")).to_be_visible()
    page.goto(held)
    page.get_by_role("link", name="Stove hisses").click()
    page.get_by_role("button", name="Retry").click()
    desk.work(WorkKind.PROCESS)
    page.goto(held)
    expect(page.get_by_role("link", name="Stove hisses")).to_have_count(0)
    page.get_by_role("link", name="Returns label").click()
    expect(page.locator("#detail .banner")).to_contain_text("Only known contacts and senders of 2 domains")
    expect(page.get_by_role("link", name="Open the setting").first).to_be_visible()
    page.get_by_role("button", name="Release Y").click()
    desk.work(WorkKind.PROCESS)
    page.goto(f"{desk.url}/o/fernhollow/views/all/")
    page.get_by_text("Returns label").first.click()
    expect(page.get_by_text("First contact")).to_be_visible()
