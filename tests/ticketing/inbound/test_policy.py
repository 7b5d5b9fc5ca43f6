"""What is recognised without any setting: our own mail, repeats, bounces, automata, history, mails too large."""

from __future__ import annotations

import json
from email.message import EmailMessage
from typing import Any

import pytest

from helpdesk.lib import clock
from mailboxes.models import BouncedAddress, ExistingMail, OutboxMessage, Outcome
from tests.factories.incoming import make_mail, receive
from tests.factories.proven import PROVEN, believe
from tests.ticketing.inbound.test_threading import our_id, write_reply
from ticketing.models import (
    Attachment,
    EventKind,
    Message,
    MessageKind,
    Status,
    ThreadReason,
    Ticket,
    TicketEvent,
)
from ticketing.reason_words import reason_words
from ticketing.remark_words import file_note
from ticketing.trust_words import sender_badges

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def ticket(support: Any) -> Any:
    """Ticket #1, opened by anna@customer.test."""
    receive(support, make_mail(message_id="first@customer.test"))
    return Ticket.objects.get()


def make_bounce(original_id: str, *, recipient: str = "anna@customer.test", action: str = "failed") -> bytes:
    """A delivery report (RFC 3464)."""
    status = "5.1.1" if action == "failed" else "4.4.1"
    return (
        "From: MAILER-DAEMON@relay.test\r\nTo: support@fernhollow.test\r\nSubject: Undelivered Mail\r\n"
        f"Message-ID: <bounce-{original_id[:8]}{action}@relay.test>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt did not work.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.test\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{original_id}>\r\nSubject: x\r\n\r\n--b--\r\n"
    ).encode()


@pytest.mark.req("F90")
def test_our_own_mail_coming_back_is_ignored(support: Any, ticket: Any) -> None:
    token = write_reply(ticket)
    (seen,) = receive(support, make_mail(sender="support@fernhollow.test", message_id=our_id(token)))
    assert (seen.outcome, seen.reason_code, seen.ticket_id) == (Outcome.IGNORED, "own_mail", None)
    assert "support@fernhollow.test" in reason_words(seen)


def test_our_message_id_under_a_foreign_sender_is_not_our_mail(support: Any, ticket: Any) -> None:
    token = write_reply(ticket)
    (seen,) = receive(support, make_mail(sender="eve@evil.test", message_id=our_id(token)))
    assert seen.outcome == Outcome.CREATED


def test_our_headers_are_shown_and_never_obeyed(support: Any, ticket: Any) -> None:
    headers = [("X-Postroom-Ticket", "1"), ("X-Postroom-Cause", "rule 7")]
    (seen,) = receive(support, make_mail(sender="eve@evil.test", headers=headers))
    assert seen.outcome == Outcome.CREATED
    assert "X-Postroom-Cause: rule 7" in seen.trace


@pytest.mark.req("F34")
def test_the_same_mail_twice_in_a_mailbox_is_a_duplicate(support: Any) -> None:
    mail = make_mail(message_id="twice@x.test", files=[("a.pdf", b"a")])
    first, second = receive(support, mail, b"Received: again\r\n" + mail)
    assert (second.outcome, second.ticket_id) == (Outcome.DUPLICATE, first.ticket_id)
    assert Message.objects.count() == 1


@pytest.mark.req("F43")
def test_the_same_id_with_other_content_is_another_mail(support: Any) -> None:
    first, second = receive(
        support, make_mail(message_id="reused@x.test"), make_mail(message_id="reused@x.test", text="other\n")
    )
    assert (first.outcome, second.outcome) == (Outcome.CREATED, Outcome.CREATED)


@pytest.mark.req("F42")
def test_mails_without_an_id_are_told_apart_by_their_bytes(support: Any) -> None:
    mail = make_mail(message_id=None)
    seen = receive(support, mail, mail, mail + b"more\r\n")
    assert [row.outcome for row in seen] == [Outcome.CREATED, Outcome.DUPLICATE, Outcome.CREATED]


@pytest.mark.req("F84", "F87", "S2.9")
def test_a_bounce_is_tied_to_the_mail_that_failed(support: Any, ticket: Any) -> None:
    token = write_reply(ticket)
    Ticket.objects.filter(id=ticket.id).update(status=Status.SOLVED, needs_reply=False)
    (seen,) = receive(support, make_bounce(our_id(token)))
    ticket.refresh_from_db()
    bounce = Message.objects.get(kind=MessageKind.BOUNCE)
    assert (seen.outcome, seen.ticket_id) == (Outcome.BOUNCE, ticket.id)
    assert bounce.bounce_of.message_id == our_id(token)
    assert (ticket.status, ticket.needs_reply) == (Status.OPEN, True)
    assert TicketEvent.objects.filter(kind=EventKind.BOUNCE_RECEIVED, message=bounce).count() == 1
    assert BouncedAddress.objects.get().address == "anna@customer.test"


def test_a_delay_changes_nothing_but_is_noted(support: Any, ticket: Any) -> None:
    token = write_reply(ticket)
    Ticket.objects.filter(id=ticket.id).update(status=Status.WAITING, needs_reply=False)
    (seen,) = receive(support, make_bounce(our_id(token), action="delayed"))
    ticket.refresh_from_db()
    assert (seen.outcome, seen.reason_code) == (Outcome.BOUNCE, "delay_of_ours")
    assert (ticket.status, ticket.needs_reply) == (Status.WAITING, False)
    assert not BouncedAddress.objects.exists()


@pytest.mark.req("F112")
def test_a_forged_bounce_changes_nothing(support: Any, ticket: Any) -> None:
    (seen,) = receive(support, make_bounce("pr." + "a" * 44 + "@fernhollow.test"))
    assert (seen.outcome, seen.reason_code, seen.ticket_id) == (Outcome.BOUNCE, "foreign_bounce", None)
    assert (Message.objects.count(), Ticket.objects.count()) == (1, 1)
    assert not BouncedAddress.objects.exists()


@pytest.mark.req("F112")
def test_a_bounce_marks_only_addresses_that_the_mail_went_to(support: Any, ticket: Any) -> None:
    receive(support, make_mail(sender="ben@elsewhere.test"))
    token = write_reply(ticket)
    receive(support, make_bounce(our_id(token), recipient="ben@elsewhere.test"))
    assert not BouncedAddress.objects.exists()


@pytest.mark.req("F83", "F89", "S2.10", "S2.11")
@pytest.mark.parametrize(
    ("header", "subject", "reason"),
    [
        (("Auto-Submitted", "auto-replied"), "Re: lamp", "auto_reply"),
        (("X-Autoreply", "yes"), "Re: lamp", "auto_reply"),
    ],
)
def test_automatic_answers_are_ignored_and_name_the_ticket(
    support: Any, ticket: Any, header: tuple[str, str], subject: str, reason: str
) -> None:
    Ticket.objects.filter(id=ticket.id).update(status=Status.SOLVED)
    (seen,) = receive(support, make_mail(subject=subject, answers="first@customer.test", headers=[header]))
    assert (seen.outcome, seen.reason_code) == (Outcome.IGNORED, reason)
    assert "#1" in reason_words(seen)
    assert Ticket.objects.get().status == Status.SOLVED


@pytest.mark.req("F83", "S2.10")
def test_an_out_of_office_note_to_a_ticket_is_a_quiet_note(support: Any, ticket: Any) -> None:
    Ticket.objects.filter(id=ticket.id).update(status=Status.SOLVED, needs_reply=False)
    headers = [("Auto-Submitted", "auto-replied (vacation)")]
    (seen,) = receive(support, make_mail(subject="Out of office: lamp", answers="first@customer.test", headers=headers))
    assert (seen.outcome, seen.reason_code) == (Outcome.ADDED, "quiet_note")
    assert (Ticket.objects.get().status, Ticket.objects.get().needs_reply) == (Status.SOLVED, False)
    assert not OutboxMessage.objects.exists()


def test_a_read_receipt_is_ignored(support: Any) -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "anna@customer.test", "Read: lamp"
    mail["Content-Type"] = "multipart/report; report-type=disposition-notification; boundary=x"
    (seen,) = receive(support, mail.as_bytes() + b"--x\r\n\r\nread\r\n--x--\r\n")
    assert (seen.outcome, seen.reason_code) == (Outcome.IGNORED, "read_receipt")


@pytest.mark.req("F83", "F85", "F110")
@pytest.mark.parametrize(
    "mail",
    [
        make_mail(),
        make_mail(sender="mailer-daemon@customer.test"),
        make_mail(headers=[("Auto-Submitted", "auto-replied")], answers="first@customer.test"),
        make_mail(headers=[("List-Id", "<news.x.test>")]),
        make_mail(sender="support@fernhollow.test"),
        b"\x00 no mail at all",
    ],
)
def test_no_mail_that_comes_in_makes_one_go_out_by_itself(support: Any, ticket: Any, mail: bytes) -> None:
    receive(support, mail)
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("header", [("Auto-Submitted", "auto-generated"), ("List-Id", "<news.x.test>")])
def test_generated_and_list_mail_opens_a_ticket(support: Any, header: tuple[str, str]) -> None:
    (seen,) = receive(support, make_mail(headers=[header]))
    assert seen.outcome == Outcome.CREATED
    assert "without automatic answer" in reason_words(seen)
    assert Message.objects.get().auto_kind in ("generated", "list")


@pytest.mark.req("S2.16", "S2.17", "S1.34", "F110")
@pytest.mark.parametrize(
    ("choice", "status", "needs_reply"),
    [(ExistingMail.CLOSED, Status.CLOSED, False), (ExistingMail.OPEN, Status.NEW, True)],
)
def test_history_becomes_tickets_as_the_mailbox_says(support: Any, choice: str, status: str, needs_reply: bool) -> None:
    type(support).objects.filter(id=support.id).update(existing_mail=choice)
    first, second = receive(
        support, make_mail(message_id="old@x.test"), make_mail(answers="old@x.test"), is_history=True
    )
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.needs_reply, ticket.is_history, ticket.message_count) == (
        status,
        needs_reply,
        True,
        2,
    )
    assert (first.outcome, second.outcome) == (Outcome.CREATED, Outcome.ADDED)


def test_an_answer_today_to_closed_history_opens_a_new_ticket(support: Any) -> None:
    type(support).objects.filter(id=support.id).update(existing_mail=ExistingMail.CLOSED)
    (old,) = receive(support, make_mail(message_id="old@x.test"), is_history=True)
    (new,) = receive(support, make_mail(answers="old@x.test"))
    assert Ticket.objects.get(id=new.ticket_id).follows_id == old.ticket_id


@pytest.mark.req("F25", "F26")
def test_a_mail_too_large_becomes_a_ticket_that_says_so(support: Any) -> None:
    head = make_mail(subject="Huge scan").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    (seen,) = receive(support, head, is_header_only=True, size_bytes=80 * 1024 * 1024)
    placeholder = Attachment.objects.get()
    assert (seen.outcome, seen.reason_code) == (Outcome.CREATED, "too_large")
    assert (placeholder.blob_id, placeholder.size_bytes) == (None, 80 * 1024 * 1024)
    note = file_note(placeholder).replace("\xa0", " ")
    assert note == "This mail has 80.0 MB, the mailbox takes 50.0 MB. Only its headers were fetched."


@pytest.mark.req("F7")
def test_a_mail_that_defeats_the_parser_keeps_its_original(support: Any, monkeypatch: Any) -> None:
    from dataclasses import replace

    from ticketing.inbound import process
    from ticketing.mail.parse import parse_mail

    whole = make_mail(subject="Odd")

    def parse(raw: bytes, **options: Any) -> Any:  # stands for a mail that nobody has thought of yet
        return replace(parse_mail(raw, **options), error="ValueError: x") if raw == whole else parse_mail(raw)

    monkeypatch.setattr(process, "parse_mail", parse)
    receive(support, whole)
    original = Attachment.objects.get()
    assert Ticket.objects.get().subject == "Odd"
    assert (original.filename, original.blob.size_bytes) == ("original.eml", len(whole))


@pytest.mark.parametrize("needs_reply", [False, True])
def test_mail_from_one_of_our_addresses_asks_for_no_answer_and_unproven_gives_none(
    support: Any, ticket: Any, *, needs_reply: bool
) -> None:
    Ticket.objects.filter(id=ticket.id).update(status=Status.WAITING, needs_reply=needs_reply)
    answer = {"to": "anna@customer.test", "answers": "first@customer.test"}
    [seen] = receive(support, make_mail(sender="support@fernhollow.test", **answer))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.needs_reply) == (Status.WAITING, needs_reply)
    message = Message.objects.latest("id")
    assert (message.thread_reason, message.is_external) == (ThreadReason.REFERENCE, False)
    assert "did not take the ticket out of “Needs reply”" in reason_words(seen)
    assert [badge.text for badge in sender_badges(message)][:1] == ["Sender not proven"]


def test_a_customers_answer_that_comes_by_a_list_of_ours_asks_for_one(support: Any, ticket: Any) -> None:
    """From is the list's, which is the mailbox's address, as lists write it that must not forge From."""
    believe()
    Ticket.objects.filter(id=ticket.id).update(status=Status.WAITING, needs_reply=False)
    headers = [*PROVEN, ("List-Id", "<support.fernhollow.test>"), ("Reply-To", "Anna Berg <anna@customer.test>")]
    by_list = {"sender": "Anna Berg via Support <support@fernhollow.test>", "answers": "first@customer.test"}
    receive(support, make_mail(**by_list, headers=headers, to="support@fernhollow.test, anna@customer.test"))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.needs_reply) == (Status.OPEN, True)


@pytest.mark.req("F112")
@pytest.mark.parametrize(
    ("host", "result", "status", "needs_reply"),
    [
        ("imap.gmail.com", "mx.google.com; dmarc=pass", Status.WAITING, False),
        ("imap.gmail.com", "mx.google.com; dmarc=fail", Status.OPEN, True),
        ("imap.gmail.com", "mx.google.com; spf=softfail; dmarc=none", Status.OPEN, True),
        ("imap.gmail.com", "mx.evil.test; dmarc=pass", Status.OPEN, True),
        ("imap.fernhollow.test", "mx.evil.test; dmarc=pass", Status.WAITING, True),
        ("imap.fernhollow.test", "mx.fernhollow.test; dmarc=fail", Status.OPEN, True),
    ],
)
def test_mail_that_claims_one_of_our_addresses_takes_no_ticket_out_of_needs_reply_unproven(
    support: Any, ticket: Any, host: str, result: str, status: str, needs_reply: bool
) -> None:
    support.connection.host = host
    support.connection.save()
    Ticket.objects.filter(id=ticket.id).update(status=Status.WAITING)
    checked, to = [("Authentication-Results", result)], "support@fernhollow.test, anna@customer.test"
    answer = {"to": to, "answers": "first@customer.test"}
    receive(support, make_mail(sender="support@fernhollow.test", headers=checked, **answer))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.needs_reply, ticket.message_count) == (status, needs_reply, 2)


def test_the_verdict_names_the_steps_that_were_asked(support: Any) -> None:
    (seen,) = receive(support, make_mail())
    assert seen.trace[:3] == ["join_as_ordered", "complete_message", "ignore_own_mail"]
    assert seen.trace[-2] == "open_ticket"
    assert seen.decided_at <= clock.now()
    json.dumps(seen.trace)
