"""What becomes of an answer: taken back in its first seconds, or answered by the customer in turn."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest
from playwright.sync_api import Page, expect

from helpdesk.tenancy.models import WorkKind
from mailboxes.models import OutboxMessage
from tests.browser.conftest import Desk, Office, violations
from tests.browser.test_whole_path import connect_mailbox, set_up_organization
from tests.factories.outgoing import make_mailbox, make_outgoing_server
from tests.factories.people import PASSWORD
from tests.factories.tickets import make_ticket
from ticketing.outbound import replies

pytestmark = pytest.mark.browser
HOUR_S = 3600


def answer(page: Page, text: str) -> None:
    page.locator(".ProseMirror").click()
    page.keyboard.type(text)
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Enter")  # people do, and it is sent once
    expect(page.locator(".msg--out").last).to_contain_text(text)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_an_answer_is_taken_back_before_it_leaves(
    quiet_page: Page, office: Office, monkeypatch: pytest.MonkeyPatch, scheme: str, width: int
) -> None:
    monkeypatch.setattr(replies, "UNDO_S", 60.0)  # looking at the page may take longer than a person thinks
    page = quiet_page
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
    with office.within():
        ticket = make_ticket("Stove valve hisses", mailbox=make_mailbox(make_outgoing_server()))
    office.sign_in(page.context, office.people.agent)
    page.goto(f"{office.url}tickets/{ticket.number}/?view=unassigned&mode=reply")
    expect(page.locator(".ProseMirror")).to_be_focused()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/answers/") else None)
    answer(page, "Let it cool down.")
    assert len(sent) == 1
    expect(page.locator("#ticket-meta")).to_contain_text("Waiting on customer")
    expect(page.locator(".delivery")).to_contain_text("Sends in")
    assert violations(page) == []
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back. Nothing was sent.")).to_be_visible()
    expect(page.locator(".ProseMirror")).to_have_text("Let it cool down.")
    expect(page.locator(".ProseMirror")).to_be_focused()
    expect(page.locator(".msg--out")).to_have_count(0)
    expect(page.locator("#ticket-meta")).to_contain_text("New")
    expect(page.locator("#thread-since")).to_contain_text("set the status to New again, undoing a change")
    expect(page.locator("a[data-list-back]")).to_have_attribute("href", "/o/fernhollow/views/unassigned/")
    assert violations(page) == []
    with office.within():
        assert OutboxMessage.objects.get().state == "cancelled"


def test_an_answer_is_sent_at_once_after_signing_in_again_in_another_tab(quiet_page: Page, office: Office) -> None:
    page = quiet_page
    with office.within():
        ticket = make_ticket("Stove valve hisses", mailbox=make_mailbox(make_outgoing_server()))
    office.sign_in(page.context, office.people.agent)
    page.goto(f"{office.url}tickets/{ticket.number}/?mode=reply")
    page.locator(".ProseMirror").click()
    page.keyboard.type("Let it cool down.")
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="You've been signed out")).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again").click()
    other = opened.value
    other.get_by_label("Email").fill(office.people.agent.user.email)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    expect(other.locator("body.app")).to_be_visible()
    other.close()
    page.get_by_role("button", name="Carry on").click()
    page.locator("[data-send]").click()
    expect(page.locator(".msg--out").last).to_contain_text("Let it cool down.")
    expect(page.locator(".toast[data-tone=bad]")).to_have_count(0)


def test_an_answer_reopens_the_ticket_and_after_closing_opens_one_that_follows(quiet_page: Page, desk: Desk) -> None:
    page = quiet_page
    set_up_organization(page, desk)
    connect_mailbox(page, desk)
    desk.work(WorkKind.POLL)
    desk.write("Stove valve hisses", "It hisses.")
    desk.work(WorkKind.POLL, WorkKind.PROCESS, later_s=HOUR_S)
    page.goto(f"{desk.url}/o/fernhollow/tickets/1/")
    answer(page, "Let it cool down.")
    expect(page.locator("#ticket-meta")).to_contain_text("Waiting on customer")
    desk.work(WorkKind.DELIVER, later_s=60)
    ours = message_from_bytes(desk.smtp.wait_for(1)[0].raw, policy=default)["Message-ID"]

    desk.write("Re: Stove valve hisses", "It did, and hisses again.", answers=ours)
    desk.work(WorkKind.POLL, WorkKind.PROCESS, later_s=2 * HOUR_S)
    page.goto(f"{desk.url}/o/fernhollow/views/needs-reply/")
    page.get_by_role("link", name="Stove valve hisses", exact=True).click()
    expect(page.locator("#ticket-meta")).to_contain_text("Open")
    expect(page.get_by_text("It did, and hisses again.")).to_be_visible()

    page.get_by_role("button", name="Solve", exact=False).first.click()
    expect(page.locator("#ticket-meta")).to_contain_text("Solved")
    desk.write("Re: Stove valve hisses", "Still hissing.", answers=ours)
    desk.work(WorkKind.POLL, WorkKind.PROCESS, later_s=3 * HOUR_S)
    page.reload()
    expect(page.locator("#ticket-meta")).to_contain_text("Open")

    page.locator("#pick-status-side").click()
    page.get_by_role("menuitem", name="Closed", exact=True).click()
    expect(page.locator("#ticket-meta")).to_contain_text("Closed")
    desk.write("Re: Stove valve hisses", "It hisses a year later.", answers=ours)
    desk.work(WorkKind.POLL, WorkKind.PROCESS, later_s=4 * HOUR_S)
    page.goto(f"{desk.url}/o/fernhollow/tickets/2/")
    expect(page.get_by_text("It hisses a year later.")).to_be_visible()
    followed = page.get_by_role("complementary", name="Ticket details").locator("details", has_text="Linked tickets")
    assert violations(page) == []
    followed.get_by_role("link", name="#1").click()
    expect(page.locator("#ticket-meta")).to_contain_text("Closed")
    expect(page.locator("#thread-since")).to_contain_text("linked it to #2")
