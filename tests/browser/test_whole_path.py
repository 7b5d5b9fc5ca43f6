"""The whole path in a browser: first run, a mailbox, a mail becomes a ticket, the answer arrives."""

from __future__ import annotations

import re
from itertools import product

import pytest
from playwright.sync_api import Page, expect

from helpdesk.tenancy.models import WorkKind
from tests.browser.conftest import PASSWORD, Desk, violations

pytestmark = pytest.mark.browser
OTHER_LOOKS = (("light", 390), ("dark", 1440))


def set_up_organization(page: Page, desk: Desk) -> None:
    page.goto(desk.url)
    page.locator("#id_organization").fill("Fernhollow")
    page.locator("#id_slug").fill("fernhollow")
    page.locator("#id_name").fill("Ines Duarte")
    page.locator("#id_email").fill("ines@fernhollow.test")
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Create the organization").click()
    expect(page).to_have_url(re.compile("/o/fernhollow/"))


def fill_mailbox(page: Page, desk: Desk, *, password: str, largest_mb: int = 50) -> None:
    page.goto(f"{desk.url}/o/fernhollow/mailboxes/new/")
    page.locator("#id_name").fill("Support")
    page.locator("#id_address").fill(f"{desk.user}@fernhollow.test")
    page.locator("#id_host").fill("localhost")
    page.locator("#id_port").fill(str(desk.dovecot.imaps_port))
    page.locator("#id_username").fill(desk.user)
    page.locator("#id_password").fill(password)
    page.locator("#id_smtp_host").fill("localhost")
    page.locator("#id_smtp_port").fill(str(desk.smtp.port))
    page.locator("#id_max_message_mb").fill(str(largest_mb))


def connect_mailbox(page: Page, desk: Desk, *, largest_mb: int = 50) -> None:
    fill_mailbox(page, desk, password="mailbox-password", largest_mb=largest_mb)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_role("heading", name="Everything works")).to_be_visible(timeout=60_000)
    go_on_from_the_test(page)
    page.get_by_role("button", name="Continue").click()
    start_receiving(page)


def go_on_from_the_test(page: Page) -> None:
    """The test has passed, and the import is asked about."""
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("After a message is imported")).to_be_visible()


def start_receiving(page: Page) -> None:
    """The mailbox is finished as its last step proposes, and stands in the list."""
    page.get_by_role("button", name="Start receiving mail").click()
    expect(page.get_by_role("heading", name="is connected")).to_be_visible()
    page.get_by_role("link", name="To the mailboxes").click()
    expect(page.get_by_role("heading", name="Mailboxes")).to_be_visible()


@pytest.mark.req("S1.1", "S1.3", "S1.5", "S1.39", "S4.43")
def test_a_failing_test_says_what_is_wrong_and_a_passing_one_that_it_works(quiet_page: Page, desk: Desk) -> None:
    set_up_organization(quiet_page, desk)
    fill_mailbox(quiet_page, desk, password="wrong")
    quiet_page.get_by_role("button", name="Test connection").click()
    expect(quiet_page.get_by_role("heading", name="The server refused the sign-in")).to_be_visible(timeout=60_000)
    failed = quiet_page.locator("#connection-test [data-state=fail]")
    expect(failed.get_by_text("What to try, most likely first")).to_be_visible()
    quiet_page.get_by_role("link", name="Change the password").click()
    expect(quiet_page.locator("#id_password")).to_be_focused()
    quiet_page.locator("#id_password").fill("mailbox-password")
    quiet_page.get_by_role("button", name="Test connection").click()
    expect(quiet_page.get_by_role("heading", name="Everything works")).to_be_visible(timeout=60_000)
    assert violations(quiet_page) == []


@pytest.mark.req("S1.3", "S2.2", "S2.3", "S3.1", "S4.1", "S4.50")
def test_a_mail_becomes_a_ticket_and_the_answer_arrives(quiet_page: Page, desk: Desk) -> None:
    set_up_organization(quiet_page, desk)
    connect_mailbox(quiet_page, desk)
    desk.work(WorkKind.POLL)
    desk.write("Stove valve hisses", "Our Tarn 2 hisses after the first use.\n\nAmara")
    desk.work(WorkKind.POLL, WorkKind.PROCESS, later_s=3600)
    quiet_page.goto(f"{desk.url}/o/fernhollow/views/needs-reply/")
    quiet_page.get_by_role("link", name="Stove valve hisses").click()
    expect(quiet_page.get_by_text("Our Tarn 2 hisses after the first use.").first).to_be_visible()
    assert violations(quiet_page) == []
    quiet_page.locator(".ProseMirror").click()
    quiet_page.keyboard.type("Please do not light it again.")
    quiet_page.get_by_role("button", name=re.compile("Send and mark waiting")).click()
    expect(quiet_page.locator(".msg--out")).to_contain_text("Please do not light it again.")
    desk.work(WorkKind.DELIVER, later_s=60)
    [mail] = desk.smtp.wait_for(1)
    assert mail.recipients == ("amara@larkmoor.test",)
    assert b"Please do not light it again." in mail.raw


@pytest.mark.parametrize("looks", [(("light", 1440), ("dark", 390)), pytest.param(OTHER_LOOKS, marks=pytest.mark.long)])
def test_pages_are_sound_in_each_theme_and_width(
    quiet_page: Page, desk: Desk, looks: tuple[tuple[str, int], ...]
) -> None:
    set_up_organization(quiet_page, desk)
    connect_mailbox(quiet_page, desk)
    desk.work(WorkKind.POLL)
    desk.write("Stove valve hisses", "It hisses.", html="<p>It <b>hisses</b>.</p><img src='https://x.test/a.gif'>")
    desk.work(WorkKind.POLL, WorkKind.PROCESS, later_s=3600)
    pages = ("views/needs-reply/", "views/solved/", "tickets/1/", "mailboxes/", "mailboxes/new/", "settings/people/")
    for path, (scheme, width) in product(pages, looks):
        quiet_page.set_viewport_size({"width": width, "height": 844})
        quiet_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
        quiet_page.goto(f"{desk.url}/o/fernhollow/{path}")
        assert violations(quiet_page) == [], (path, scheme, width)
        overflow = quiet_page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{path} at {width} px scrolls sideways by {overflow} px"


def test_an_agent_works_with_the_keyboard_alone(quiet_page: Page, desk: Desk) -> None:
    set_up_organization(quiet_page, desk)
    connect_mailbox(quiet_page, desk)
    desk.work(WorkKind.POLL)
    desk.write("First", "one", sender="first@larkmoor.test")
    desk.write("Second", "two", sender="second@larkmoor.test")
    desk.work(WorkKind.POLL, WorkKind.PROCESS, later_s=3600)
    quiet_page.goto(f"{desk.url}/o/fernhollow/views/needs-reply/")
    keyboard = quiet_page.keyboard
    keyboard.press("j")
    keyboard.press("x")
    expect(quiet_page.get_by_text("1 selected")).to_be_visible()
    keyboard.press("Escape")
    keyboard.press("j")
    keyboard.press("Enter")
    expect(quiet_page).to_have_url(re.compile(r"/tickets/\d+/"))
    keyboard.press("r")
    expect(quiet_page.locator(".ProseMirror")).to_be_focused()
    keyboard.type("Answered by keyboard.")
    keyboard.press("Control+Enter")
    expect(quiet_page.locator(".msg--out")).to_contain_text("Answered by keyboard.")
    desk.work(WorkKind.DELIVER, later_s=60)
    [mail] = desk.smtp.wait_for(1)
    assert b"Answered by keyboard." in mail.raw
