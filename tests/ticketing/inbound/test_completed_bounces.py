"""A bounce above the mailbox's limit: fetched whole it does what any bounce does, however its headers were taken."""

from __future__ import annotations

from typing import Any

import pytest

from mailboxes.models import BouncedAddress, Outcome
from tests.factories.incoming import make_mail, receive, receive_head, receive_rest
from tests.ticketing.inbound.test_policy import make_bounce
from tests.ticketing.inbound.test_threading import write_reply
from ticketing.models import EventKind, Message, MessageKind, Status, Ticket, TicketEvent
from ticketing.reason_words import reason_words

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("F25", "F84", "F87")]


@pytest.fixture
def ticket(support: Any) -> Ticket:
    """A solved ticket of anna@customer.test with an answer of ours."""
    [seen] = receive(support, make_mail(message_id="first@customer.test"))
    ticket: Ticket = Ticket.objects.get(id=seen.ticket_id)
    write_reply(ticket)
    return solve(ticket)


def solve(ticket: Ticket) -> Ticket:
    Ticket.objects.filter(id=ticket.id).update(status=Status.SOLVED, needs_reply=False)
    ticket.refresh_from_db()
    return ticket


def our_message(ticket: Ticket) -> Message:
    message: Message = Message.objects.get(ticket=ticket, kind=MessageKind.OUTBOUND)
    return message


def bounce_of(ticket: Ticket, *, headers: str = "", **values: str) -> bytes:
    """A report on our answer; headers: more of them, with their line ends."""
    return headers.encode() + make_bounce(our_message(ticket).message_id, **values)


def test_one_taken_for_an_answer_becomes_the_bounce_of_our_mail(support: Any, ticket: Any) -> None:
    mail = bounce_of(ticket, headers=f"In-Reply-To: <{our_message(ticket).message_id}>\r\n")
    head = receive_head(support, mail)
    assert head.outcome == Outcome.ADDED
    solve(ticket)
    seen = receive_rest(head, mail)
    ticket.refresh_from_db()
    bounce = Message.objects.get(kind=MessageKind.BOUNCE)
    assert (seen.outcome, seen.reason_code, seen.ticket_id) == (Outcome.BOUNCE, "completed", ticket.id)
    assert (bounce.ticket_id, bounce.bounce_of) == (ticket.id, our_message(ticket))
    assert (ticket.status, ticket.needs_reply) == (Status.OPEN, True)
    assert BouncedAddress.objects.get().address == "anna@customer.test"
    assert "could not be delivered to anna@customer.test" in reason_words(seen)
    last = TicketEvent.objects.filter(ticket=ticket).order_by("position").last()
    assert (last.kind, last.position) == (EventKind.STATUS_CHANGED, ticket.last_position)


def test_one_that_opened_a_ticket_stands_there_and_brings_back_the_ticket_of_our_mail(
    support: Any, ticket: Any
) -> None:
    mail = bounce_of(ticket)
    head = receive_head(support, mail)
    assert head.outcome == Outcome.CREATED
    seen = receive_rest(head, mail)
    ticket.refresh_from_db()
    bounce = Message.objects.get(kind=MessageKind.BOUNCE)
    assert (bounce.ticket_id, bounce.bounce_of) == (head.ticket_id, our_message(ticket))
    assert (ticket.status, ticket.needs_reply) == (Status.OPEN, True)
    assert f"in ticket #{ticket.number} could not be delivered" in reason_words(seen)
    linked = TicketEvent.objects.filter(kind=EventKind.LINKED).order_by("position")
    assert [(event.ticket_id, event.data["ticket"]) for event in linked] == [
        (head.ticket_id, ticket.number),
        (ticket.id, Ticket.objects.get(id=head.ticket_id).number),
    ]
    assert BouncedAddress.objects.get().address == "anna@customer.test"


def test_a_delay_is_tied_and_changes_nothing(support: Any, ticket: Any) -> None:
    mail = bounce_of(ticket, action="delayed")
    seen = receive_rest(receive_head(support, mail), mail)
    ticket.refresh_from_db()
    assert Message.objects.get(kind=MessageKind.BOUNCE).bounce_of == our_message(ticket)
    assert (ticket.status, ticket.needs_reply) == (Status.SOLVED, False)
    assert not BouncedAddress.objects.exists()
    assert "is delayed on its way" in reason_words(seen)


def test_one_whose_headers_were_ignored_is_judged_whole(support: Any, ticket: Any) -> None:
    mail = bounce_of(ticket, headers="Auto-Submitted: auto-replied\r\n")
    head = receive_head(support, mail)
    assert head.outcome == Outcome.IGNORED
    seen = receive_rest(head, mail)
    assert (seen.outcome, seen.reason_code, seen.ticket_id) == (Outcome.BOUNCE, "bounce_of_ours", ticket.id)
    assert BouncedAddress.objects.get().address == "anna@customer.test"


@pytest.mark.req("F112")
def test_a_forged_one_is_completed_and_changes_nothing(support: Any, ticket: Any) -> None:
    mail = make_bounce("pr." + "a" * 44 + "@fernhollow.test")
    seen = receive_rest(receive_head(support, mail), mail)
    ticket.refresh_from_db()
    assert (seen.outcome, ticket.status) == (Outcome.CREATED, Status.SOLVED)
    assert not BouncedAddress.objects.exists()


@pytest.mark.req("F112")
def test_one_marks_only_addresses_that_the_mail_went_to(support: Any, ticket: Any) -> None:
    receive(support, make_mail(sender="ben@elsewhere.test"))
    mail = bounce_of(ticket, recipient="ben@elsewhere.test")
    receive_rest(receive_head(support, mail), mail)
    assert not BouncedAddress.objects.exists()
