"""The pages in a browser without JavaScript: forms and links alone do what an agent needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from mailboxes.models import DeliveryState, OutboxMessage
from tests.browser.conftest import Office
from tests.factories.outgoing import make_mailbox, make_outgoing_server, queue_mail
from tests.factories.tickets import make_ticket
from ticketing.models import Attachment, Message, MessageKind, MessageRecipient, Priority, Status, Ticket

pytestmark = pytest.mark.browser


@pytest.fixture
def plain_page(office: Office, browser: Browser) -> Iterator[Page]:
    """The agent's browser, which runs no script."""
    context = browser.new_context(java_script_enabled=False)
    office.sign_in(context, office.people.agent)
    yield context.new_page()
    context.close()


@pytest.fixture
def ticket(office: Office) -> Ticket:
    """A ticket that can be answered."""
    with office.within():
        return make_ticket("Stove valve hisses", mailbox=make_mailbox(make_outgoing_server()))


def again(office: Office, ticket: Ticket) -> Ticket:
    with office.within():
        ticket.refresh_from_db()
    return ticket


def open_ticket(page: Page, office: Office, ticket: Ticket, query: str = "") -> None:
    page.goto(f"{office.url}tickets/{ticket.number}/{query}")


def test_picked_tickets_are_changed_together(plain_page: Page, office: Office, ticket: Ticket) -> None:
    plain_page.goto(f"{office.url}views/needs-reply/")
    expect(plain_page.get_by_role("toolbar")).to_be_hidden()
    plain_page.get_by_label(f"Select ticket {ticket.number}").check(force=True)
    plain_page.get_by_role("button", name="Status").click()
    plain_page.get_by_role("menuitem", name="On hold").click()
    expect(plain_page.get_by_text("1 ticket changed")).to_be_visible()
    assert again(office, ticket).status == Status.HOLD


def test_a_view_is_searched(plain_page: Page, office: Office, ticket: Ticket) -> None:
    plain_page.goto(f"{office.url}views/needs-reply/")
    plain_page.get_by_role("searchbox").fill(str(ticket.number))
    plain_page.keyboard.press("Enter")
    expect(plain_page.get_by_role("link", name="Stove valve hisses")).to_be_visible()
    plain_page.get_by_role("searchbox").fill("nowhere")
    plain_page.keyboard.press("Enter")
    expect(plain_page.get_by_text("No ticket here matches")).to_be_visible()
    plain_page.get_by_role("link", name="Search all tickets").click()
    expect(plain_page.get_by_role("heading", name="All tickets")).to_be_visible()


def test_properties_are_changed(plain_page: Page, office: Office, ticket: Ticket) -> None:
    open_ticket(plain_page, office, ticket)
    plain_page.locator(".pane-side").get_by_title("Change priority (P)").click()
    plain_page.get_by_role("menuitem", name="Urgent").click()
    plain_page.locator(".pane-side").get_by_role("button", name="Tag", exact=True).click()
    plain_page.get_by_label("Name of the tag").first.fill("stove")
    plain_page.get_by_role("button", name="Add tag").click()
    expect(plain_page.get_by_role("button", name="Remove tag stove")).to_be_visible()
    assert again(office, ticket).priority == Priority.URGENT


def test_details_open_on_a_phone(plain_page: Page, office: Office, ticket: Ticket) -> None:
    plain_page.set_viewport_size({"width": 390, "height": 844})
    open_ticket(plain_page, office, ticket)
    plain_page.get_by_role("button", name="Details").click()
    plain_page.get_by_role("dialog", name="Ticket details").get_by_title("Change status (S)").click()
    plain_page.get_by_role("menuitem", name="Solved").click()
    expect(plain_page.get_by_text("1 ticket changed")).to_be_visible()
    assert again(office, ticket).status == Status.SOLVED


def test_the_way_to_everything_else_opens_on_a_phone(plain_page: Page, office: Office, ticket: Ticket) -> None:
    plain_page.set_viewport_size({"width": 390, "height": 844})
    plain_page.goto(f"{office.url}views/needs-reply/")
    plain_page.get_by_role("button", name="More").click()
    solved = plain_page.get_by_role("dialog", name="More").get_by_text("Solved", exact=True)
    box = solved.bounding_box()
    assert box is not None
    assert box["width"] > 20, "the name is there for screen readers alone"
    solved.click()
    expect(plain_page.get_by_role("heading", name="Solved")).to_be_visible()


def test_a_note_is_written(plain_page: Page, office: Office, ticket: Ticket) -> None:
    open_ticket(plain_page, office, ticket)
    plain_page.get_by_role("tab", name="Note").click()
    plain_page.get_by_label("Text").fill("Called her.")
    plain_page.get_by_role("button", name="Add note").click()
    expect(plain_page.locator(".msg--note")).to_contain_text("Called her.")


def test_a_reply_leaves_with_its_files_to_whom_one_left_in(
    plain_page: Page, office: Office, ticket: Ticket, tmp_path: Any
) -> None:
    with office.within():
        first = Message.objects.get(ticket=ticket)
        MessageRecipient.objects.create(message=first, header="cc", name="Joel", address="joel@larkmoor.test")
    plan = tmp_path / "plan.pdf"
    plan.write_bytes(b"%PDF-1.4 plan")
    open_ticket(plain_page, office, ticket)
    plain_page.get_by_role("button", name="Remove Joel").click()
    expect(plain_page.get_by_role("button", name="Remove Joel")).to_have_count(0)
    plain_page.get_by_label("Text").fill("Please stop using it.")
    plain_page.get_by_label("Attach files").set_input_files(plan)
    plain_page.get_by_role("button", name="Send and mark waiting").click()
    expect(plain_page.locator(".msg--out")).to_contain_text("Please stop using it.")
    expect(plain_page.locator(".msg--out")).to_contain_text("plan.pdf")
    with office.within():
        sent = Message.objects.get(ticket=ticket, kind=MessageKind.OUTBOUND)
        assert "joel@larkmoor.test" not in sent.recipients.values_list("address", flat=True)
        assert Attachment.objects.get(message=sent).size_bytes == 13


def test_a_file_stays_when_the_tab_changes(plain_page: Page, office: Office, ticket: Ticket, tmp_path: Any) -> None:
    plan = tmp_path / "plan.pdf"
    plan.write_bytes(b"%PDF-1.4 plan")
    open_ticket(plain_page, office, ticket)
    plain_page.get_by_label("Attach files").set_input_files(plan)
    plain_page.get_by_role("tab", name="Note").click()
    plain_page.get_by_role("tab", name="Reply").click()
    expect(plain_page.get_by_role("button", name="Remove plan.pdf")).to_be_visible()


@pytest.mark.req("F107")
@pytest.mark.parametrize(
    ("opener", "button", "after"),
    [
        ("Decide", "Mark as sent", DeliveryState.SENT),
        ("Decide", "Send again", DeliveryState.QUEUED),
        ("Cancel", "Cancel mail", DeliveryState.CANCELLED),
    ],
)
def test_a_person_decides_what_became_of_a_mail(
    plain_page: Page, office: Office, opener: str, button: str, after: DeliveryState
) -> None:
    with office.within():
        server = make_outgoing_server()
        mail = queue_mail(server, mailbox=make_mailbox(server))
        mail.recipients.update(state=DeliveryState.UNKNOWN)
        OutboxMessage.objects.filter(pk=mail.pk).update(state=DeliveryState.UNKNOWN, attempts=1)
    plain_page.goto(f"{office.url}outbox/")
    plain_page.get_by_role("button", name=opener, exact=True).click()
    plain_page.get_by_role("dialog").get_by_role("button", name=button).click()
    expect(plain_page.get_by_text("Nothing needs a person")).to_be_visible()
    with office.within():
        assert OutboxMessage.objects.get(pk=mail.pk).state == after
