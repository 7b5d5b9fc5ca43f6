"""Finding out what is wrong, in a browser: a certificate that is trusted, a record, test sends, settings copied."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from helpdesk.lib import clock
from mailboxes.connectors.junk import JunkFound, JunkMail, JunkQuery
from mailboxes.connectors.trust import spelled
from mailboxes.models import OutgoingServer
from mailboxes.services.liveness.tracing import recorder_of
from mailboxes.services.reading import junk_looks
from mailboxes.services.setup.mailbox_inputs import OutgoingInput
from tests.browser.conftest import LOOKS, Office
from tests.browser.test_connecting import assert_sound, tab_to
from tests.factories.mailboxes import PASSWORD, make_mailbox
from tests.factories.outgoing import make_mailbox as make_unread_mailbox
from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.browser


class SlowJunk:
    """A folder for spam that is looked into until the test lets it answer."""

    def __init__(self) -> None:
        self.is_answered = threading.Event()

    def find_in_junk(self, _query: JunkQuery) -> JunkFound:
        self.is_answered.wait(30)
        return JunkFound("Bulk Mail", (JunkMail(clock.now(), "My order"),))


@pytest.fixture
def inside(office: Office, certificate_authority: Any, settings: Any) -> Iterator[Dovecot]:
    """A server with a self-signed certificate."""
    settings.MAIL_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"), ip_network("::1"))
    settings.MAIL_ALLOWED_PORTS = frozenset(range(1024, 65536))
    certificate = certificate_authority.self_signed("mail.inside.example")
    with Dovecot(authority=certificate_authority, certificate=certificate) as server:
        server.add_user("inside", PASSWORD)
        yield server


@pytest.fixture
def page_of_admin(office: Office, quiet_page: Page) -> Page:
    office.sign_in(quiet_page.context, office.people.admin)
    return quiet_page


def look(page: Page, scheme: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)


@pytest.mark.req("S4.47")
@LOOKS
def test_a_self_signed_certificate_is_compared_and_trusted(
    page_of_admin: Page, office: Office, inside: Dovecot, scheme: str, width: int
) -> None:
    page = page_of_admin
    look(page, scheme, width)
    page.goto(f"{office.url}mailboxes/new/")
    for field, text in (("name", "Inside"), ("address", "help@fernhollow.test"), ("host", "localhost")):
        page.locator(f"#id_{field}").fill(text)
    page.locator("#id_port").fill(str(inside.imaps_port))
    page.locator("#id_username").fill("inside")
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("The certificate is self-signed", exact=True)).to_be_visible()
    expect(page.get_by_text(spelled(inside._certificate.sha256), exact=True)).to_be_visible()
    assert_sound(page)
    page.get_by_role("button", name="Trust this certificate…").click()
    expect(page.get_by_text("Trust this one certificate of")).to_be_focused()
    assert_sound(page)
    tab_to(page, "#trust-tls button.btn--primary")
    page.keyboard.press("Enter")
    expect(page.get_by_text("is trusted now")).to_be_visible()
    assert_sound(page)
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_text("This is the certificate that you trusted").first).to_be_visible()
    expect(page.get_by_text("Signed in as inside", exact=True)).to_be_visible()
    page.goto(f"{office.url}mailboxes/certificates/")
    expect(page.get_by_text(f"localhost:{inside.imaps_port}", exact=True)).to_be_visible()
    assert_sound(page)
    page.get_by_role("link", name="End trust").click()
    expect(page.get_by_role("heading", name="End the trust in the certificate of")).to_be_visible()
    assert_sound(page)
    page.get_by_role("button", name="End trust").click()
    expect(page.get_by_text("No certificate is trusted by its fingerprint")).to_be_visible()


@pytest.mark.req("S5.29")
@LOOKS
def test_the_pages_of_a_mailbox_lead_to_record_test_sends_and_copies(
    page_of_admin: Page, office: Office, scheme: str, width: int
) -> None:
    page = page_of_admin
    look(page, scheme, width)
    outgoing = OutgoingInput("smtp.example.test", 587, "starttls")  # type: ignore[arg-type]  # its value
    mailbox = make_mailbox(office.organization, name="Sales", outgoing=outgoing, aliases=("shop@example.test",))
    other = make_mailbox(office.organization, name="Repairs", poll_interval_s=600, answers_only=True)
    page.goto(f"{office.url}mailboxes/{mailbox.pk}/health/")
    page.get_by_role("link", name="Record for one hour").click()
    page.get_by_role("button", name="Record for one hour").click()
    expect(page.get_by_role("heading", name="No line yet")).to_be_visible()
    with office.within():
        mailbox.refresh_from_db()
        recorder = recorder_of(mailbox)
        assert recorder is not None
        recorder.line("a1b2", ">", 'a1 LOGIN "help" *** ' + "x" * 300)
        recorder.flush()
    page.reload()
    expect(page.get_by_text("LOGIN")).to_be_visible()
    assert_sound(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as text").click()
    assert "a1b2 > a1 LOGIN" in download.value.path().read_text()
    page.goto(f"{office.url}mailboxes/{mailbox.pk}/health/")
    page.get_by_role("button", name="shop@example.test").click()
    expect(page.get_by_text("The test mail is on its way out")).to_be_visible()
    assert_sound(page)
    page.goto(f"{office.url}mailboxes/{mailbox.pk}/")
    page.get_by_role("link", name="Copy settings from another mailbox").click()
    page.get_by_label("Copy from").select_option(str(other.pk))
    page.get_by_role("button", name="See what changes").click()
    expect(page.get_by_role("heading", name="What changes")).to_be_visible()
    expect(page.get_by_text("every 600 seconds")).to_be_visible()
    assert_sound(page)
    page.get_by_role("button", name="Copy settings").click()
    expect(page.get_by_text("Settings are copied to 1 mailbox.")).to_be_visible()
    with office.within():
        mailbox.refresh_from_db()
        assert (mailbox.poll_interval_s, mailbox.answers_only) == (600, True)
        assert OutgoingServer.objects.count() == 1


@pytest.mark.req("S4.64")
def test_a_missing_mail_is_looked_for_with_the_keyboard(
    page_of_admin: Page, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    junk = SlowJunk()
    monkeypatch.setattr(junk_looks, "hurried_source_of", lambda _mailbox: junk)
    with office.within():
        make_unread_mailbox(name="Repairs", is_enabled=False)
    page = page_of_admin
    look(page, "dark", 390)
    page.goto(f"{office.url}inbound-log/")
    tab_to(page, "a[href$='where-is-my-mail/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/where-is-my-mail/")
    tab_to(page, "#id_q")
    page.keyboard.type("anna@customer.test")
    page.keyboard.press("Enter")
    answer = page.locator("#answer h2")
    expect(answer).to_have_text("Paused: Repairs")
    expect(answer).to_be_focused()
    expect(page.locator("[data-line=switch]")).to_contain_text("Not the cause: Email to ticket is on")
    expect(page.locator("[data-line=junk]")).to_contain_text("Looking into the folder for spam")
    assert_sound(page)
    page.reload()
    junk.is_answered.set()
    expect(answer).to_have_text("The provider put 1 mail of this sender into Bulk Mail")
    expect(page.locator("[data-line=junk]")).to_contain_text("The cause: The provider put 1 mail")
    assert_sound(page)
