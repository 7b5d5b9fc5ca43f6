"""Messages through the API: answers that leave by mail, notes, what the contact said elsewhere; keys that repeat."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from mailboxes.models import OutboxMessage
from tests.factories.outgoing import make_mailbox, make_outgoing_server
from tests.factories.tickets import add_message, make_ticket
from tests.ticketing.api.conftest import MakeProgram, Program
from ticketing.models import Attachment, DraftMode, KeptAnswer, Message, MessageKind, Status, Ticket, TicketEvent
from ticketing.services.drafts import Writing, save_draft

pytestmark = [pytest.mark.django_db, pytest.mark.req("S3.4")]
FILE = {"filename": "../photo.txt", "content": base64.b64encode(b"a photo").decode()}
NOTE = {"kind": "note", "text": "Ask the warehouse."}


@pytest.fixture
def ticket(in_fernhollow: Any) -> Ticket:
    """A ticket of a mailbox that can send."""
    return make_ticket(mailbox=make_mailbox(make_outgoing_server(), address="support@fernhollow.test"))


def _path(ticket: Ticket) -> str:
    return f"tickets/{ticket.number}/messages/"


@pytest.mark.both
def test_an_answer_leaves_by_mail_in_the_name_of_the_integration(
    shop: Program, ticket: Ticket, people: Any, signed_in: Any
) -> None:
    wish = {"kind": "outbound", "html": "<p>Turn it <b>off</b>.</p>", "status": "waiting", "attachments": [FILE]}
    answer = shop.post(_path(ticket), wish)
    assert answer.status_code == 201, answer.json()
    shown = answer.json()
    customer = ticket.requester.addresses.get().address
    assert shown["delivery"] == [{"address": customer, "state": "queued"}]
    assert shown["written_by"] == {"type": "integration", "id": shop.integration.pk, "name": "Shop"}
    assert shown == shop.get(f"{_path(ticket)}{shown['id']}/").json()
    [file] = shown["attachments"]
    assert (file["filename"], file["size_bytes"]) == ("photo.txt", 7)
    got = shop.get(file["url"].partition("/api/v1/")[2])
    assert (b"".join(got), got["Content-Disposition"]) == (b"a photo", 'attachment; filename="photo.txt"')
    mail = OutboxMessage.objects.get()
    assert (mail.cause, mail.cause_id) == ("integration", str(shop.integration.pk))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.needs_reply, ticket.last_author) == ("waiting", False, "Shop")
    doers = TicketEvent.objects.filter(message_id=shown["id"]).values_list("actor", "integration", "cause", "origin")
    assert list(doers) == [(None, shop.integration.pk, "integration", "api")]
    page = signed_in(people.agent).get(f"/o/fernhollow/tickets/{ticket.number}/").content.decode()
    assert f'id="who-{shown["id"]}">Shop</bdi>' in page


def test_an_answer_goes_where_it_is_sent(shop: Program, ticket: Ticket) -> None:
    people = {"to": ["one@larkmoor.test"], "cc": ["two@larkmoor.test"], "bcc": ["three@larkmoor.test"]}
    shown = shop.post(_path(ticket), {"kind": "outbound", "text": "Hello & goodbye", **people}).json()
    assert [(r["header"], r["address"]) for r in shown["recipients"]] == [
        ("to", "one@larkmoor.test"),
        ("cc", "two@larkmoor.test"),
        ("bcc", "three@larkmoor.test"),
    ]
    assert shown["text"] == "Hello & goodbye"


def test_an_answer_to_what_was_not_read_is_refused(shop: Program, ticket: Ticket) -> None:
    etag = shop.get(f"tickets/{ticket.number}/")["ETag"]
    add_message(ticket, text="Wait, it stopped.")
    refused = shop.post(_path(ticket), {"kind": "outbound", "text": "Turn it off."}, If_Match=etag)
    assert (refused.status_code, refused.json()["code"]) == (412, "version")
    assert not OutboxMessage.objects.exists()


@pytest.mark.both
def test_a_note_stays_inside_and_leaves_drafts_alone(shop: Program, ticket: Ticket, people: Any) -> None:
    save_draft(ticket, author=people.agent, writing=Writing(mode=DraftMode.NOTE, html="<p>Mine</p>"))
    shown = shop.post(_path(ticket), NOTE).json()
    assert (shown["kind"], shown["recipients"], shown["delivery"]) == ("note", [], [])
    assert shown["written_by"]["name"] == "Shop"
    assert not OutboxMessage.objects.exists()
    assert ticket.drafts.count() == 1


@pytest.mark.both
def test_what_the_contact_said_elsewhere_reopens_the_ticket(shop: Program, in_fernhollow: Any) -> None:
    ticket = make_ticket(status=Status.SOLVED, needs_reply=False)
    shown = shop.post(_path(ticket), {"kind": "inbound", "text": "It is back.", "attachments": [FILE]}).json()
    assert shown["written_by"] == {"type": "contact", "id": ticket.requester_id, "name": ticket.requester.name}
    message = Message.objects.get(pk=shown["id"])
    assert (message.integration, message.thread_reason) == (shop.integration, "brought_in")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.needs_reply, ticket.snippet) == ("open", True, "It is back.")
    assert ticket.has_attachments
    kinds = TicketEvent.objects.filter(integration=shop.integration).values_list("kind", flat=True)
    assert sorted(kinds) == ["message_received", "status_changed"]


def test_an_answer_to_words_without_a_mail_can_be_sent(shop: Program, ticket: Ticket) -> None:
    said = shop.post(_path(ticket), {"kind": "inbound", "text": "By phone: it is back."}).json()
    answer = shop.post(_path(ticket), {"kind": "outbound", "text": "We come.", "answers": said["id"]})
    assert answer.status_code == 201, answer.json()


def test_a_closed_ticket_takes_no_more_words_of_the_contact(shop: Program, in_fernhollow: Any) -> None:
    ticket = make_ticket(status=Status.CLOSED)
    refused = shop.post(_path(ticket), {"kind": "inbound", "text": "It is back."})
    assert (refused.status_code, refused.json()["code"]) == (409, "ticket_closed")
    assert ticket.messages.count() == 1


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"text": "x"}, "kind"),
        ({"kind": "note"}, "text"),
        ({"kind": "note", "text": "x", "to": ["a@b.test"]}, "to"),
        ({"kind": "inbound", "text": "x", "status": "open"}, "status"),
        ({"kind": "outbound", "text": "x", "contact": {"id": 1}}, "contact"),
        ({"kind": "outbound", "text": "x", "to": ["nobody"]}, "to.0"),
        ({"kind": "outbound", "text": "x", "answers": 999}, "answers"),
        ({"kind": "note", "text": "x", "attachments": [{"filename": "a"}]}, "attachments.0.content"),
    ],
)
def test_what_is_wrong_with_a_message_is_named(wish: Any, field: str, shop: Program, ticket: Ticket) -> None:
    refused = shop.post(_path(ticket), wish)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field), refused.json()
    assert ticket.messages.count() == 1


def test_files_of_a_draft_are_nobodys(shop: Program, ticket: Ticket, people: Any) -> None:
    draft = save_draft(ticket, author=people.agent, writing=Writing(mode=DraftMode.NOTE, html=""))
    shop.post(_path(ticket), NOTE | {"attachments": [FILE]})
    file = Attachment.objects.get()
    Attachment.objects.filter(pk=file.pk).update(message=None, draft=draft)
    assert shop.get(f"attachments/{file.public_id}/").status_code == 404


@pytest.mark.both
def test_the_same_key_is_answered_the_same_and_done_once(shop: Program, ticket: Ticket) -> None:
    first = shop.post(_path(ticket), NOTE, Idempotency_Key="a")
    again = shop.post(_path(ticket), NOTE, Idempotency_Key="a")
    assert (again.status_code, again.json(), again["Location"]) == (201, first.json(), first["Location"])
    assert ("Idempotent-Replay" in first, again["Idempotent-Replay"]) == (False, "true")
    assert ticket.messages.filter(kind=MessageKind.NOTE).count() == 1
    shop.post(_path(ticket), NOTE, Idempotency_Key="b")
    assert ticket.messages.filter(kind=MessageKind.NOTE).count() == 2


def test_a_key_is_for_one_request_of_one_integration(
    shop: Program, ticket: Ticket, people: Any, program_of: MakeProgram
) -> None:
    shop.post(_path(ticket), NOTE, Idempotency_Key="a")
    refused = shop.post(_path(ticket), NOTE | {"text": "Something else."}, Idempotency_Key="a")
    assert (refused.status_code, refused.json()["code"]) == (422, "key_reused")
    assert program_of(people.admin, name="Phones").post(_path(ticket), NOTE, Idempotency_Key="a").status_code == 201
    assert ticket.messages.filter(kind=MessageKind.NOTE).count() == 2


def test_a_refusal_does_not_use_up_the_key(shop: Program, ticket: Ticket) -> None:
    assert shop.post(_path(ticket), {"kind": "note"}, Idempotency_Key="a").status_code == 422
    assert not KeptAnswer.objects.exists()
    assert shop.post(_path(ticket), NOTE, Idempotency_Key="a").status_code == 201


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "é"])
def test_a_key_that_is_none_is_refused(key: str, shop: Program, ticket: Ticket) -> None:
    refused = shop.post(_path(ticket), NOTE, Idempotency_Key=key)
    assert (refused.status_code, refused.json()["code"]) == (400, "key_malformed")
