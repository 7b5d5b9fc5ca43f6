"""Reading mail in a browser: what is folded, what is blocked, what is a download, and finding it again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from helpdesk.tenancy.models import WorkKind
from tests.browser.conftest import Desk, Office, violations
from tests.browser.test_whole_path import connect_mailbox, set_up_organization
from tests.factories.tickets import make_contact, make_ticket
from ticketing.models import Status, Ticket
from ticketing.services.search import index_message

pytestmark = pytest.mark.browser
HTML = """<p>It <b>hisses</b> again.</p><script>document.title = "taken over"</script>
<p onclick="document.title = 'taken over'">Still.</p><img src="https://tracker.test/a.gif" alt="Logo">
<blockquote type="cite"><p>On Monday you wrote: close the valve.</p></blockquote>"""


def look(page: Page, scheme: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_a_mail_is_read_without_its_sender_learning_of_it(
    quiet_page: Page, desk: Desk, scheme: str, width: int
) -> None:
    page = quiet_page
    set_up_organization(page, desk)
    connect_mailbox(page, desk)
    desk.work(WorkKind.POLL)
    desk.write("Stove valve hisses", "It hisses again.", html=HTML, attached=("manual.html", b"<h1>Manual</h1>"))
    desk.work(WorkKind.POLL, WorkKind.PROCESS, later_s=3600)
    look(page, scheme, width)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{desk.url}/o/fernhollow/tickets/1/")
    message = page.get_by_role("article")
    expect(message.get_by_text("Still.")).to_be_visible()
    message.get_by_text("Still.").click()
    expect(message.get_by_text("On Monday you wrote")).to_be_hidden()
    expect(message.get_by_text("1 remote image is blocked")).to_be_visible()
    assert violations(page) == []
    message.locator("summary[aria-label='Show quoted text']").press("Enter")
    expect(message.get_by_text("On Monday you wrote: close the valve.")).to_be_visible()
    with page.expect_download() as download:
        message.get_by_role("link", name=re.compile("manual.html")).click()
    assert download.value.suggested_filename == "manual.html"
    assert Path(download.value.path()).read_bytes() == b"<h1>Manual</h1>"
    expect(page).to_have_title(re.compile("^#1 Stove valve hisses"))
    assert [url for url in asked if not url.startswith(desk.url)] == []


@pytest.fixture
def page_of_agent(office: Office, quiet_page: Page) -> Page:
    """Three tickets to be told apart by subject, person and text, and the agent's browser on all that are open."""
    with office.within():
        for subject, person, text in (
            ("Stove hisses", "Amara Okoye", "The valve leaks."),
            ("Tent torn", "Daniel Voss", "A zip broke."),
            ("Parcel missing", "Wren Castellan", "Order 20917."),
        ):
            made = make_ticket(subject, contact=make_contact(person))
            index_message(ticket_id=made.pk, message_id=made.messages.get().pk, texts=[subject, person, text])
    office.sign_in(quiet_page.context, office.people.agent)
    quiet_page.goto(f"{office.url}views/all-open/")
    return quiet_page


@pytest.mark.parametrize(
    ("words", "subject"), [("tent", "Tent torn"), ("castellan", "Parcel missing"), ("valve leaks", "Stove hisses")]
)
def test_the_list_is_searched_as_one_types(page_of_agent: Page, words: str, subject: str) -> None:
    page = page_of_agent
    page.keyboard.press("/")
    page.keyboard.type(words)
    expect(page.locator("[data-row-link]")).to_have_text([subject])
    expect(page.locator("#announcer")).to_have_text("1 ticket")
    expect(page.get_by_role("searchbox", name="Search in All open")).to_be_focused()
    assert page.url.partition("?q=")[2].replace("+", " ").replace("%20", " ") == words
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("[data-row-link]")).to_have_count(3)


def test_on_a_phone_picked_tickets_are_given_to_somebody_by_touch(page_of_agent: Page, office: Office) -> None:
    page = page_of_agent
    look(page, "dark", 390)
    page.reload()
    for subject in ("Stove hisses", "Parcel missing"):
        page.locator(".trow", has_text=subject).locator(".trow__pick").click()
    expect(page.get_by_text("2 selected")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.get_by_role("button", name="Assign").click()
    page.get_by_role("menuitem", name="Me", exact=True).click()
    expect(page.get_by_text("2 tickets changed: Ines Duarte")).to_be_visible()
    page.locator(".trow", has_text="Tent torn").locator(".trow__pick").click()
    page.get_by_role("button", name="Status").click()
    page.get_by_role("menuitem", name="On hold").click()
    expect(page.get_by_text("1 ticket changed: On hold")).to_be_visible()
    with office.within():
        mine = Ticket.objects.filter(assignee=office.people.agent).order_by("number")
        assert list(mine.values_list("subject", flat=True)) == ["Stove hisses", "Parcel missing"]
        assert Ticket.objects.get(status=Status.HOLD).subject == "Tent torn"
