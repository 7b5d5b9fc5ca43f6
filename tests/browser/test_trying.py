"""Before a setting counts: a mailbox is tried on its mails, and a mail at hand is looked at, in the browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from tests.browser.conftest import Office, violations
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox

pytestmark = pytest.mark.browser


def test_a_mailbox_is_tried_on_its_mails_and_a_mail_at_hand_is_looked_at(
    quiet_page: Page, office: Office, tmp_path: Path
) -> None:
    page = quiet_page
    with office.within():
        mailbox = make_mailbox(address="support@fernhollow.test", name="Repairs")
        receive(mailbox, make_mail(subject="Stove hisses"))
    office.sign_in(page.context, office.people.admin)
    page.goto(f"{office.url}mailboxes/{mailbox.pk}/health/")
    page.get_by_label("Mailbox sections").get_by_role("link", name="Dry run").click()
    page.get_by_text("Last 100").click()
    page.get_by_role("button", name="Try them").click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    drains.drain_now(WorkKind.DRY_RUN, budget_s=60)
    expect(page.get_by_role("row", name="Stove hisses")).to_contain_text("New ticket")

    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert violations(page) == []
    page.goto(f"{office.url}bench/")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a file, or paste the source of a mail.")
    source = tmp_path / "mail.eml"
    source.write_bytes(make_mail(subject="Lamp of Anna", text="It hums.\n"))
    page.get_by_label("File", exact=True).set_input_files(source)
    page.get_by_role("button", name="Try", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="What it would become")).to_be_visible()
    expect(page.locator("#bench")).to_contain_text("It hums.")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with page.expect_download() as download:
        page.get_by_role("button", name="Anonymous copy").click()
    assert b"Anna" not in download.value.path().read_bytes()
