"""Writing an answer in a browser: text, images, files, recipients, drafts, and what others do meanwhile."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from playwright.sync_api import Browser, Page, Route, expect

from helpdesk.lib.net import HostGuard
from mailboxes.models import OutboxMessage
from tests.browser.conftest import Office, violations
from tests.factories.outgoing import make_mailbox, make_outgoing_server
from tests.factories.tickets import add_message, make_ticket
from tests.servers.web import PIXEL, web_server
from ticketing.models import Message, MessageRecipient, Status, Ticket
from ticketing.services import remote_images

pytestmark = pytest.mark.browser
PASTE = """([element, data]) => {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "valve.png", { type: "image/png" }));
  element.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def ticket(office: Office) -> Ticket:
    """A ticket that can be answered; Joel is in Cc."""
    with office.within():
        made = make_ticket("Stove valve hisses", mailbox=make_mailbox(make_outgoing_server()))
        first = Message.objects.get(ticket=made)
        MessageRecipient.objects.create(message=first, header="cc", name="Joel", address="joel@larkmoor.test")
        return made


@pytest.fixture
def page_of_agent(office: Office, ticket: Ticket, quiet_page: Page) -> Page:
    """The agent's browser with the ticket open and the composer ready."""
    office.sign_in(quiet_page.context, office.people.agent)
    open_ticket(quiet_page, office, ticket)
    return quiet_page


@pytest.fixture
def page_of_admin(office: Office, ticket: Ticket, browser: Browser) -> Iterator[Page]:
    """A colleague's browser with the same ticket open."""
    context = browser.new_context()
    office.sign_in(context, office.people.admin)
    page = context.new_page()
    open_ticket(page, office, ticket)
    yield page
    context.close()


def open_ticket(page: Page, office: Office, ticket: Ticket) -> None:
    page.goto(f"{office.url}tickets/{ticket.number}/")
    expect(page.locator("form[data-editor-ready]")).to_be_visible()


def write(page: Page, text: str) -> None:
    page.locator(".ProseMirror").click()
    page.keyboard.type(text)


def send(page: Page) -> None:
    page.get_by_role("button", name="Send and mark waiting").click()


def test_rich_text_and_a_pasted_image_leave_with_a_plain_text_beside(page_of_agent: Page, office: Office) -> None:
    page = page_of_agent
    page.locator(".ProseMirror").click()
    page.keyboard.press("Control+b")
    page.keyboard.type("Stop")
    page.keyboard.press("Control+b")
    page.keyboard.type(" using it.")
    image = [page.locator(".ProseMirror").element_handle(), base64.b64encode(PIXEL).decode()]
    page.evaluate(PASTE, image)
    expect(page.locator(".ProseMirror img[alt='valve.png']")).to_be_visible()
    assert violations(page) == []
    send(page)
    shown = page.locator(".msg--out img")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    with office.within(), default_storage.open(OutboxMessage.objects.get().storage_key) as stored:
        mail = message_from_bytes(stored.read(), policy=default)
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert "<strong>Stop</strong> using it." in html.get_content()
    assert 'src="cid:' in html.get_content()
    assert text is not None
    assert "Stop using it." in text.get_content().replace("*", "")
    assert [part.get_content() for part in mail.walk() if part.get_content_type() == "image/png"] == [PIXEL]


def test_every_format_of_the_bar_leaves_in_both_parts(page_of_agent: Page, office: Office) -> None:
    page = page_of_agent
    bar = page.get_by_role("toolbar", name="Formatting")
    page.locator(".ProseMirror").click()
    bar.get_by_role("button", name="Italic").click()
    page.keyboard.type("Gently")
    bar.get_by_role("button", name="Italic").click()
    page.keyboard.press("Enter")
    bar.get_by_role("button", name="List", exact=True).click()
    page.keyboard.type("close the valve")
    for _ in range(2):
        page.keyboard.press("Enter")
    bar.get_by_role("button", name="Numbered list").click()
    page.keyboard.type("wait")
    for _ in range(2):
        page.keyboard.press("Enter")
    bar.get_by_role("button", name="Link").click()
    page.keyboard.type("larkmoor.test/valve")
    page.keyboard.press("Enter")
    expect(page.locator(".ProseMirror a")).to_have_text("https://larkmoor.test/valve")
    send(page)
    expect(page.locator(".msg--out em")).to_have_text("Gently")
    expect(page.locator(".msg--out ul > li")).to_have_text("close the valve")
    expect(page.locator(".msg--out ol > li")).to_have_text("wait")
    with office.within(), default_storage.open(OutboxMessage.objects.get().storage_key) as stored:
        mail = message_from_bytes(stored.read(), policy=default)
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    for tag in ("<em>Gently</em>", "<ul>", "<ol>", 'href="https://larkmoor.test/valve"'):
        assert tag in html.get_content()
    assert text is not None
    for words in ("Gently", "- close the valve", "1. wait", "https://larkmoor.test/valve"):
        assert words in text.get_content()


def test_the_menu_beside_send_sets_another_status(page_of_agent: Page, office: Office, ticket: Ticket) -> None:
    write(page_of_agent, "We ask the maker.")
    page_of_agent.get_by_role("button", name="Send and set another status").click()
    page_of_agent.get_by_role("menuitem", name="On hold").click()
    expect(page_of_agent.locator(".msg--out")).to_contain_text("We ask the maker.")
    expect(page_of_agent.locator("#ticket-meta")).to_contain_text("On hold")
    with office.within():
        ticket.refresh_from_db()
    assert ticket.status == Status.HOLD


def test_a_link_is_set_in_a_dialog(page_of_agent: Page) -> None:
    write(page_of_agent, "See ")
    page_of_agent.keyboard.press("Control+k")
    expect(page_of_agent.get_by_role("textbox", name="Address")).to_be_focused()
    page_of_agent.keyboard.type("larkmoor.test/valve")
    page_of_agent.keyboard.press("Enter")
    expect(page_of_agent.locator(".ProseMirror a[href='https://larkmoor.test/valve']")).to_be_visible()
    expect(page_of_agent.locator(".ProseMirror")).to_be_focused()


def test_a_file_shows_how_far_it_is_and_goes_along(page_of_agent: Page) -> None:
    held: list[Route] = []
    page_of_agent.route("**/draft/reply/files/", lambda route: held.append(route))
    plan = {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 plan"}
    page_of_agent.get_by_label("Attach files").set_input_files(plan)  # type: ignore[arg-type]  # playwright names the keys of a dict in a type of its own
    expect(page_of_agent.get_by_role("progressbar", name="plan.pdf")).to_be_visible()
    held[0].continue_()
    expect(page_of_agent.get_by_role("button", name="Remove plan.pdf")).to_be_visible()
    write(page_of_agent, "The plan.")
    send(page_of_agent)
    expect(page_of_agent.locator(".msg--out")).to_contain_text("plan.pdf")


def test_a_file_over_the_limit_does_not_travel(page_of_agent: Page, tmp_path: Path) -> None:
    sent: list[Route] = []
    page_of_agent.route("**/draft/reply/files/", lambda route: sent.append(route))
    large = tmp_path / "film.mov"
    with large.open("wb") as file:
        file.truncate(25 * 1024 * 1024 + 1)
    page_of_agent.get_by_label("Attach files").set_input_files(large)
    expect(page_of_agent.get_by_role("alert")).to_contain_text("25 MB")
    assert sent == []


def test_recipients_come_from_the_mail_and_can_be_changed(page_of_agent: Page, office: Office) -> None:
    expect(page_of_agent.get_by_role("button", name="Remove Joel")).to_be_visible()
    page_of_agent.get_by_label("Cc", exact=True).focus()
    page_of_agent.keyboard.press("Backspace")
    expect(page_of_agent.get_by_role("button", name="Remove Joel")).to_have_count(0)
    page_of_agent.keyboard.type("zoe@larkmoor.test,")
    expect(page_of_agent.get_by_role("button", name="Remove zoe@larkmoor.test")).to_be_visible()
    page_of_agent.get_by_text("Bcc", exact=True).first.click()
    expect(page_of_agent.get_by_label("Bcc", exact=True)).to_be_focused()
    page_of_agent.keyboard.type("boss@fernhollow.test")
    write(page_of_agent, "Hello.")
    send(page_of_agent)
    expect(page_of_agent.locator(".msg--out")).to_contain_text("Hello.")
    with office.within():
        addresses = set(OutboxMessage.objects.get().recipients.values_list("address", "kind"))
    assert {("zoe@larkmoor.test", "cc"), ("boss@fernhollow.test", "bcc")} < addresses
    assert "joel@larkmoor.test" not in {address for address, _ in addresses}


def test_a_draft_is_there_again_on_the_next_visit(page_of_agent: Page, office: Office, ticket: Ticket) -> None:
    write(page_of_agent, "Half an answer")
    expect(page_of_agent.locator("[data-autosave-status]")).to_contain_text("Draft saved")
    open_ticket(page_of_agent, office, ticket)
    expect(page_of_agent.locator(".ProseMirror")).to_have_text("Half an answer")


def test_an_answer_over_a_message_not_seen_is_kept_until_it_is_read(page_of_agent: Page, page_of_admin: Page) -> None:
    write(page_of_agent, "Mine")
    write(page_of_admin, "The colleague's")
    send(page_of_admin)
    expect(page_of_admin.locator(".msg--out")).to_contain_text("The colleague's")
    send(page_of_agent)
    expect(page_of_agent.get_by_role("alert")).to_contain_text("A message came in while you were writing.")
    expect(page_of_agent.get_by_role("alert")).to_be_focused()
    expect(page_of_agent.get_by_role("region", name="New messages")).to_contain_text("The colleague's")
    expect(page_of_agent.locator(".ProseMirror")).to_have_text("Mine")
    assert violations(page_of_agent) == []
    send(page_of_agent)
    expect(page_of_agent.locator(".msg--out")).to_have_count(2)


def test_one_is_told_who_else_is_writing_and_what_came(
    page_of_agent: Page, page_of_admin: Page, office: Office, ticket: Ticket
) -> None:
    write(page_of_admin, "Thinking")
    page_of_admin.locator("form[data-presence]").evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(page_of_agent.locator("#presence")).to_contain_text("Adam Admin is writing")
    with office.within():
        ticket.refresh_from_db()
        add_message(ticket, text="One more thing.")
    page_of_agent.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(page_of_agent.get_by_role("link", name="1 new message")).to_be_visible()
    assert violations(page_of_agent) == []
    page_of_agent.keyboard.press(".")
    expect(page_of_agent.get_by_text("One more thing.")).to_be_visible()


def test_remote_images_come_when_asked_for(
    page_of_agent: Page, office: Office, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web_server() as web:
        guard = HostGuard(allowed_networks=(ip_network("127.0.0.1/32"),), allowed_ports=frozenset({web.port}))
        monkeypatch.setattr(remote_images, "PUBLIC_WEB", guard)
        with office.within():
            html = f'<p>See</p><img data-remote-src="{web.answer("/logo.png")}" alt="Logo">'
            add_message(ticket, html=html, remote_images=1)
        open_ticket(page_of_agent, office, ticket)
        assert web.requests == []
        page_of_agent.get_by_role("button", name="Show images").click()
        logo = page_of_agent.locator("img[alt=Logo][src^='/images/']")
        expect(logo).to_be_visible()
        assert logo.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
        assert len(web.requests) == 1
