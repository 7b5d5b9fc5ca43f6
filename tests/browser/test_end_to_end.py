"""The end-to-end test of a mailbox, followed on a page that nobody reloads."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from mailboxes.models import Mailbox
from tests.browser.conftest import Office, violations
from tests.factories.incoming import receive
from tests.factories.mailboxes import make_mailbox
from tests.factories.outgoing import make_outgoing_server
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.browser


@pytest.fixture
def mailbox(office: Office, smtp_server: SmtpServer, settings: Any) -> Mailbox:
    settings.MAIL_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"),)
    settings.MAIL_ALLOWED_PORTS = frozenset({smtp_server.port})
    settings.MAIL_ALLOW_CLEARTEXT = True
    mailbox = make_mailbox(office.organization, name="Support")
    with office.within():
        Mailbox.objects.update(outgoing=make_outgoing_server(smtp_server.port))
    return mailbox


@pytest.mark.req("S1.40", "S3.11", "S4.50")
def test_a_mail_is_followed_live_to_what_it_would_become(
    quiet_page: Page, office: Office, mailbox: Mailbox, smtp_server: SmtpServer
) -> None:
    office.sign_in(quiet_page.context, office.people.admin)
    quiet_page.goto(f"{office.url}mailboxes/{mailbox.pk}/connected/")
    quiet_page.get_by_role("button", name="Test email receipt").focus()
    quiet_page.keyboard.press("Enter")
    part = quiet_page.locator("#end-to-end")
    expect(part.get_by_role("heading", name="The test is on its way")).to_be_visible()
    assert violations(quiet_page) == []
    drains.drain_now(WorkKind.DELIVER)
    expect(part.locator("[data-state=run]")).to_contain_text("Arrived")
    [mail] = smtp_server.wait_for(1)
    with office.within():
        receive(mailbox, mail.raw)
    expect(part.get_by_role("heading", name="Mail arrives and opens tickets")).to_be_visible()
    expect(part.locator("[data-state=ok]")).to_have_count(5)
    assert violations(quiet_page) == []
