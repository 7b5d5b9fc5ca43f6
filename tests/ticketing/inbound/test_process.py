"""A stored mail becomes contact, ticket, message and verdict, in one transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock
from mailboxes.forms.charsets import CHARSETS
from mailboxes.models import Outcome, RawMessage, RawState
from tests.factories.incoming import make_mail, receive
from ticketing.mail.charset import codec_for
from ticketing.models import Attachment, Blob, Contact, EventKind, Message, Status, Ticket, TicketEvent

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.mark.req("S1.3", "S2.1", "S2.2", "S2.3")
def test_a_new_mail_opens_a_ticket_under_its_subject(support: Any) -> None:
    (seen,) = receive(support, make_mail(subject="Broken lamp"))
    ticket = Ticket.objects.get()
    assert (ticket.number, ticket.subject, ticket.status) == (1, "Broken lamp", Status.NEW)
    assert (seen.outcome, seen.ticket_id, seen.sender) == (Outcome.CREATED, ticket.id, "anna@customer.test")


def test_the_ticket_carries_what_the_list_shows(support: Any) -> None:
    receive(support, make_mail(text="The lamp\n does not work.\n", files=[("lamp.pdf", b"%PDF-1.4")]))
    ticket = Ticket.objects.get()
    assert (ticket.snippet, ticket.last_author, ticket.requester_name) == (
        "The lamp does not work.",
        "Anna Berg",
        "Anna Berg",
    )
    assert (ticket.needs_reply, ticket.has_attachments, ticket.message_count) == (True, True, 1)
    assert ticket.waiting_since == ticket.active_at


def test_contact_and_event_are_written_with_the_ticket(support: Any) -> None:
    receive(support, make_mail())
    ticket = Ticket.objects.get()
    event = TicketEvent.objects.get()
    assert Contact.objects.get().addresses.get().address == "anna@customer.test"
    assert (event.kind, event.ticket_id, event.position) == (EventKind.TICKET_OPENED, ticket.id, ticket.last_position)
    assert Message.objects.get().position == event.position


def test_the_same_contact_opens_the_next_ticket(support: Any) -> None:
    receive(support, make_mail(subject="one"), make_mail(subject="two", sender="ANNA@customer.test"))
    assert Contact.objects.count() == 1
    assert list(Ticket.objects.order_by("number").values_list("number", "subject")) == [(1, "one"), (2, "two")]


def test_the_raw_mail_is_done_and_its_work_gone(support: Any) -> None:
    from helpdesk.tenancy.models import WorkItem

    receive(support, make_mail())
    assert RawMessage.objects.get().state == RawState.DONE
    assert not WorkItem.objects.exists()


def test_files_of_one_content_are_kept_once(support: Any) -> None:
    receive(support, make_mail(files=[("a.txt", b"same"), ("b.txt", b"same")]), make_mail(files=[("c.txt", b"same")]))
    assert Attachment.objects.count() == 3
    assert Blob.objects.count() == 1


@pytest.mark.req("F19", "F17")
def test_the_time_of_a_message_is_the_servers_and_never_in_the_future(support: Any) -> None:
    late = clock.now() + timedelta(days=400)
    receive(support, make_mail(headers=[("Date", "Mon, 99 Foo 1970 25:61:00")]), received_at=late)
    message = Message.objects.get()
    assert message.created_at <= clock.now()
    assert message.claimed_at is None


@pytest.mark.req("F4")
@pytest.mark.parametrize("sender", ["", '<""@x>', "nobody at all"])
def test_a_mail_from_nobody_opens_a_ticket_of_the_unknown_sender(support: Any, sender: str) -> None:
    raw = b"From: " + sender.encode() + b"\r\nTo: support@fernhollow.test\r\nSubject: x\r\n\r\nhello\r\n"
    receive(support, raw, raw + b"again")
    assert Contact.objects.get().is_unknown
    assert Ticket.objects.count() == 2


@pytest.mark.req("F15", "F16")
@pytest.mark.parametrize("charset", [name for name, _ in CHARSETS if name])
def test_the_parser_knows_every_charset_that_a_mailbox_may_name(charset: str) -> None:
    assert codec_for(charset)


@pytest.mark.req("F13")
@pytest.mark.parametrize("charset", ["koi8-r", "iso-8859-5", "cp866"])
def test_text_that_names_no_charset_is_read_by_the_mailboxes_own(support: Any, charset: str) -> None:
    support.default_charset = charset
    support.save()
    receive(support, b"From: a@b.test\r\nSubject: x\r\n\r\n" + "щётка".encode(charset) + b"\r\n")
    assert Message.objects.get().text == "щётка"


@pytest.mark.req("S5.76")
def test_an_update_by_mail_appends_and_names_who_wrote_last(support: Any) -> None:
    receive(support, make_mail(message_id="one@x.test", sender="Anna Berg <anna@customer.test>"))
    ticket = Ticket.objects.get()
    copied = [("Cc", "anna@customer.test")]
    receive(
        support, make_mail(answers="one@x.test", sender="Ben Ode <ben@customer.test>", text="Me too.\n", headers=copied)
    )
    before, after = ticket, Ticket.objects.get()
    assert (before.last_author, after.last_author, after.requester_name) == ("Anna Berg", "Ben Ode", "Anna Berg")
    assert (after.message_count, after.snippet) == (2, "Me too.")


def test_nul_bytes_and_endless_lines_fit_the_columns(support: Any) -> None:
    raw = make_mail(text="x\n").replace(b"Broken lamp", b"a\x00b" + b"y" * 5000).replace(b"Anna Berg", b"N" * 900)
    (seen,) = receive(support, raw + b"\x00\xff\xfe" + b"z" * 70_000)
    assert seen.outcome == Outcome.CREATED
    assert "\x00" not in Message.objects.get().text
