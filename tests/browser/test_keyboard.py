"""What an agent does all day, by keyboard alone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from helpdesk.lib import clock
from mailboxes.models import Outcome, RawMessage, RawState, RemoteMessage
from tests.browser.conftest import Office, violations
from tests.factories.incoming import make_mail, store
from tests.factories.outgoing import make_mailbox, make_outgoing_server
from tests.factories.tickets import make_ticket
from ticketing.models import Status, Ticket, TicketRead
from ticketing.services.search import index_message

pytestmark = pytest.mark.browser
SUBJECTS = ("First", "Second", "Third", "Fourth")


@pytest.fixture
def page_of_agent(office: Office, quiet_page: Page) -> Page:
    """Four tickets that need a reply, the first on top, and the agent's browser on that list."""
    now = clock.now()
    with office.within():
        mailbox = make_mailbox(make_outgoing_server())
        for age_min, subject in enumerate(SUBJECTS):
            made = make_ticket(subject, active_at=now - timedelta(minutes=age_min), mailbox=mailbox)
            index_message(ticket_id=made.pk, message_id=made.messages.get().pk, texts=["It hisses."])
    office.sign_in(quiet_page.context, office.people.agent)
    quiet_page.goto(f"{office.url}views/needs-reply/")
    return quiet_page


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def row(page: Page, subject: str) -> Any:
    return page.get_by_role("link", name=subject, exact=True)


def ticket(office: Office, subject: str) -> Ticket:
    with office.within():
        return Ticket.objects.get(subject=subject)


def test_keys_move_through_the_list_and_show_what_is_there(page_of_agent: Page) -> None:
    press(page_of_agent, "j", "j", "k", "j", "j")
    expect(row(page_of_agent, "Third")).to_be_focused()
    expect(page_of_agent.locator("#preview h2").first).to_have_text("Third")
    assert violations(page_of_agent) == []


def test_the_first_ticket_is_previewed_by_itself_and_stays_unread(page_of_agent: Page, office: Office) -> None:
    expect(page_of_agent.locator("#preview h2").first).to_have_text("First")
    expect(page_of_agent.locator(".trow.is-unread")).to_have_count(4)
    assert page_of_agent.evaluate("document.activeElement === document.body"), "the preview took the focus"
    assert page_of_agent.url.endswith("/views/needs-reply/")
    with office.within():
        assert not TicketRead.objects.exists()
    press(page_of_agent, "j")
    expect(row(page_of_agent, "First")).to_be_focused()
    assert violations(page_of_agent) == []


def test_nothing_is_previewed_where_there_is_no_room(page_of_agent: Page) -> None:
    expect(page_of_agent.locator("#preview h2").first).to_have_text("First")
    asked: list[str] = []
    page_of_agent.on("request", lambda request: asked.append(request.url))
    page_of_agent.set_viewport_size({"width": 1024, "height": 800})
    page_of_agent.reload()
    page_of_agent.wait_for_load_state("networkidle")
    assert [url for url in asked if "/preview/" in url] == []


def test_keys_select_and_the_bar_says_how_many(page_of_agent: Page) -> None:
    press(page_of_agent, "j", "x", "j", "j", "Shift+X")
    expect(page_of_agent.get_by_text("3 selected")).to_be_visible()
    assert violations(page_of_agent) == []
    press(page_of_agent, "Control+a")
    expect(page_of_agent.get_by_text("4 selected")).to_be_visible()
    press(page_of_agent, "a", "Escape", "Escape")
    expect(page_of_agent.get_by_role("toolbar")).to_be_hidden()
    expect(row(page_of_agent, "Third")).to_be_focused()


def test_a_key_solves_the_current_ticket_and_the_next_takes_its_place(page_of_agent: Page, office: Office) -> None:
    press(page_of_agent, "j", "j", "e")
    expect(page_of_agent.get_by_text("1 ticket changed: Solved")).to_be_visible()
    expect(row(page_of_agent, "Third")).to_be_focused()
    expect(row(page_of_agent, "Second")).to_have_count(0)
    expect(page_of_agent.get_by_role("heading", level=1)).to_have_text("Needs reply 3 tickets")
    expect(page_of_agent).to_have_title(re.compile(r"^\(3\) Needs reply"))
    assert ticket(office, "Second").status == Status.SOLVED


def test_picked_tickets_are_solved_and_taken_back_by_keyboard(page_of_agent: Page, office: Office) -> None:
    page_of_agent.evaluate("window.isSamePage = true")
    press(page_of_agent, "j", "x", "j", "x", "e")
    expect(page_of_agent.get_by_text("2 tickets changed: Solved")).to_be_visible()
    expect(row(page_of_agent, "Third")).to_be_focused()
    expect(page_of_agent.get_by_role("link", name="Needs reply 2").first).to_be_visible()
    undo = page_of_agent.get_by_role("button", name="Undo")
    undo.focus()
    press(page_of_agent, "Enter")
    expect(page_of_agent.get_by_text("2 tickets changed back")).to_be_visible()
    expect(row(page_of_agent, "First")).to_be_visible()
    expect(row(page_of_agent, "Third")).to_be_focused()
    assert page_of_agent.evaluate("window.isSamePage"), "the page was loaded anew"
    assert (ticket(office, "First").status, ticket(office, "First").needs_reply) == (Status.NEW, True)
    assert violations(page_of_agent) == []


def test_the_last_ticket_leaves_and_the_focus_stays_in_the_list(page_of_agent: Page) -> None:
    press(page_of_agent, "j", "Control+a", "e")
    expect(page_of_agent.get_by_role("heading", name="Nobody is waiting for a reply")).to_be_focused()


def test_a_key_assigns_the_current_ticket(page_of_agent: Page, office: Office) -> None:
    press(page_of_agent, "j", "a")
    expect(page_of_agent.get_by_role("menuitem", name="Me", exact=True)).to_be_focused()
    press(page_of_agent, "Enter")
    expect(page_of_agent.get_by_text("1 ticket changed: Ines Duarte")).to_be_visible()
    expect(row(page_of_agent, "Second")).to_be_focused()
    assert ticket(office, "First").assignee == office.people.agent


def test_picked_tickets_are_tagged_by_keyboard(page_of_agent: Page, office: Office) -> None:
    press(page_of_agent, "j", "x", "j", "x", "t")
    expect(page_of_agent.get_by_role("combobox", name="Name of the tag")).to_be_focused()
    assert violations(page_of_agent) == []
    page_of_agent.keyboard.type("safety")
    press(page_of_agent, "Enter")
    expect(page_of_agent.get_by_text("2 tickets changed: safety")).to_be_visible()
    expect(page_of_agent.get_by_role("button", name="Undo")).to_be_visible()
    expect(row(page_of_agent, "Third")).to_be_focused()
    press(page_of_agent, "t")
    expect(page_of_agent.get_by_role("combobox", name="Name of the tag")).to_have_value("")
    with office.within():
        tagged = Ticket.objects.filter(tags__name="safety")
        assert sorted(tagged.values_list("subject", flat=True)) == ["First", "Second"]


def test_the_foot_of_the_list_shows_the_keys_one_may_use(page_of_agent: Page, office: Office, browser: Browser) -> None:
    expect(page_of_agent.locator(".foot")).to_contain_text("moveX select↵ openA assignE solve")
    viewers = browser.new_context()
    office.sign_in(viewers, office.people.viewer)
    page = viewers.new_page()
    page.goto(page_of_agent.url)
    expect(page.locator(".foot")).to_contain_text("open")
    expect(page.locator(".foot")).not_to_contain_text("solve")
    viewers.close()


def test_one_comes_back_to_the_row_one_left(page_of_agent: Page) -> None:
    page_of_agent.goto(f"{page_of_agent.url}?q=hisses")
    press(page_of_agent, "j", "j", "Enter")
    expect(page_of_agent).to_have_url(re.compile("/tickets/"))
    expect(page_of_agent.locator("form[data-editor-ready]")).to_be_visible()
    press(page_of_agent, "Escape")
    expect(page_of_agent).to_have_url(re.compile("q=hisses"))
    expect(row(page_of_agent, "Second")).to_be_focused()


def test_keys_change_a_ticket_and_the_focus_returns(page_of_agent: Page, office: Office) -> None:
    press(page_of_agent, "j", "Enter")
    expect(page_of_agent).to_have_url(re.compile("/tickets/"))
    press(page_of_agent, "s")
    expect(page_of_agent.get_by_role("menuitem", name="Open", exact=True)).to_be_focused()
    press(page_of_agent, "Escape")
    expect(page_of_agent.locator(".pane-side [data-key=S]")).to_be_focused()
    press(page_of_agent, "t")
    expect(page_of_agent.get_by_label("Name of the tag").first).to_be_focused()
    press(page_of_agent, "Escape")
    expect(page_of_agent).to_have_url(re.compile("/tickets/"))
    press(page_of_agent, "i")
    expect(page_of_agent.locator("#thread-since")).to_contain_text("assigned it to Ines Duarte")
    assert ticket(office, "First").assignee == office.people.agent


def test_a_changed_property_swaps_in_place_and_the_focus_returns(page_of_agent: Page, office: Office) -> None:
    press(page_of_agent, "j", "Enter")
    expect(page_of_agent).to_have_url(re.compile("/tickets/"))
    page_of_agent.evaluate("window.isSamePage = true")
    press(page_of_agent, "s")
    expect(page_of_agent.get_by_role("menuitem", name="Open", exact=True)).to_be_focused()
    press(page_of_agent, "ArrowDown", "ArrowDown")
    expect(page_of_agent.get_by_role("menuitem", name="On hold")).to_be_focused()
    press(page_of_agent, "Enter")
    expect(page_of_agent.locator("#ticket-meta")).to_contain_text("On hold")
    expect(page_of_agent.locator("#pick-status-side")).to_be_focused()
    expect(page_of_agent.locator("#thread-since")).to_contain_text("set the status to On hold")
    expect(page_of_agent.get_by_text("1 ticket changed: On hold")).to_have_count(1)
    press(page_of_agent, "t")
    expect(page_of_agent.get_by_role("combobox", name="Name of the tag")).to_be_focused()
    page_of_agent.keyboard.type("stove")
    press(page_of_agent, "Enter")
    expect(page_of_agent.get_by_role("button", name="Remove tag stove")).to_be_visible()
    expect(page_of_agent.locator(".pane-side [data-key=T]")).to_be_focused()
    press(page_of_agent, "e")
    expect(page_of_agent.locator("#ticket-meta")).to_contain_text("Solved")
    expect(page_of_agent.get_by_role("button", name="Solve", exact=True)).to_have_count(0)
    assert page_of_agent.evaluate("window.isSamePage"), "the page was loaded anew"
    assert violations(page_of_agent) == []


def test_on_a_phone_the_focus_returns_to_the_picker_in_the_sheet(page_of_agent: Page) -> None:
    page_of_agent.set_viewport_size({"width": 390, "height": 844})
    row(page_of_agent, "First").click()
    page_of_agent.wait_for_load_state()
    page_of_agent.get_by_role("button", name="Details").click()
    page_of_agent.locator("#pick-priority-sheet").click()
    page_of_agent.get_by_role("menuitem", name="Urgent").click()
    expect(page_of_agent.locator("#pick-priority-sheet")).to_contain_text("Urgent")
    expect(page_of_agent.locator("#pick-priority-sheet")).to_be_focused()
    expect(page_of_agent.get_by_role("dialog", name="Ticket details")).to_be_visible()


def test_keys_lead_from_ticket_to_ticket(page_of_agent: Page) -> None:
    press(page_of_agent, "j", "Enter")
    expect(page_of_agent.get_by_role("heading", level=1)).to_have_text("First")
    page_of_agent.wait_for_load_state()  # the keys come with the scripts
    press(page_of_agent, "j")
    expect(page_of_agent.get_by_role("heading", level=1)).to_have_text("Second")
    page_of_agent.wait_for_load_state()
    press(page_of_agent, "k")
    expect(page_of_agent.get_by_role("heading", level=1)).to_have_text("First")


@pytest.mark.parametrize(
    ("keys", "status"), [("Control+Enter", Status.WAITING), ("Control+Shift+Enter", Status.SOLVED)]
)
def test_keys_answer_and_set_the_status(page_of_agent: Page, office: Office, keys: str, status: Status) -> None:
    press(page_of_agent, "j", "Enter")
    expect(page_of_agent).to_have_url(re.compile("/tickets/"))
    press(page_of_agent, "r")
    expect(page_of_agent.locator(".ProseMirror")).to_be_focused()
    page_of_agent.keyboard.type("Let it cool down.")
    press(page_of_agent, keys)
    expect(page_of_agent.locator(".msg--out")).to_contain_text("Let it cool down.")
    assert ticket(office, "First").status == status


def test_a_note_is_written_and_the_draft_of_the_reply_kept(page_of_agent: Page) -> None:
    press(page_of_agent, "j", "Enter")
    expect(page_of_agent).to_have_url(re.compile("/tickets/"))
    press(page_of_agent, "r")
    expect(page_of_agent.locator(".ProseMirror")).to_be_focused()
    page_of_agent.keyboard.type("Half a reply")
    press(page_of_agent, "Escape", "n")
    expect(page_of_agent.get_by_role("textbox", name="Note")).to_be_focused()
    page_of_agent.keyboard.type("Only for us")
    press(page_of_agent, "Control+Enter")
    expect(page_of_agent.locator(".msg--note")).to_contain_text("Only for us")
    expect(page_of_agent.locator(".ProseMirror")).to_contain_text("Half a reply")
    assert violations(page_of_agent) == []


def test_the_palette_finds_tickets_and_gives_the_focus_back(page_of_agent: Page) -> None:
    press(page_of_agent, "j", "Control+k")
    page_of_agent.keyboard.type("#")
    press(page_of_agent, "Escape")
    expect(row(page_of_agent, "First")).to_be_focused()
    press(page_of_agent, "Control+k")
    page_of_agent.keyboard.type("Unassigned")
    expect(page_of_agent.get_by_role("option", name="Unassigned")).to_have_attribute("aria-selected", "true")
    press(page_of_agent, "Enter")
    expect(page_of_agent).to_have_url(re.compile("views/unassigned/"))


def test_the_list_of_keys_opens_and_closes(page_of_agent: Page) -> None:
    press(page_of_agent, "?")
    expect(page_of_agent.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    assert violations(page_of_agent) == []
    press(page_of_agent, "Escape")
    expect(page_of_agent.get_by_role("heading", name="Keyboard shortcuts")).to_be_hidden()


@pytest.mark.req("S4.51")
def test_a_key_retries_what_failed_in_the_log(office: Office, quiet_page: Page) -> None:
    with office.within():
        raw = store(make_mailbox(), make_mail(subject="Fwd: photos"))
        RawMessage.objects.filter(pk=raw.pk).update(state=RawState.QUARANTINED, error="boom")
        RemoteMessage.objects.filter(raw=raw).update(outcome=Outcome.FAILED, subject="Fwd: photos")
    office.sign_in(quiet_page.context, office.people.admin)
    quiet_page.goto(f"{office.url}inbound-log/")
    press(quiet_page, "j", "Enter")
    expect(quiet_page.get_by_role("button", name="Retry")).to_be_visible()
    expect(quiet_page.locator("#detail-title")).to_be_focused()
    press(quiet_page, "y")
    expect(quiet_page.get_by_text("Waiting.")).to_be_visible()
    with office.within():
        assert RawMessage.objects.get(pk=raw.pk).state == RawState.PENDING
