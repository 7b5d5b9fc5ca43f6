"""Outlook's conversations lead to a ticket where nothing better does, and where a person would agree."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.factories.incoming import make_mail, receive
from tests.ticketing.inbound.test_threading import last, our_id, write_reply
from ticketing.inbound.rehearsal import thread_mails
from ticketing.models import Message, Status, ThreadReason, Ticket
from ticketing.reason_words import reason_words
from ticketing.services.history import By
from ticketing.services.moving import split_off
from ticketing.thread_words import matched_header

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("F76")]
START = bytes([1]) + bytes.fromhex("dc50e664f5") + bytes(range(1, 17))


def in_conversation(*, answers: int, start: bytes = START, **mail: Any) -> bytes:
    """A mail of Outlook's that is so many answers into its conversation."""
    index = base64.b64encode(start + b"\x80\x00\x12\x34\x50" * answers).decode()
    return make_mail(headers=[("Thread-Index", index), *mail.pop("headers", ())], **mail)


@pytest.fixture
def ticket(support: Any) -> Ticket:
    """Of Anna's, who writes with Outlook."""
    receive(support, in_conversation(answers=0, message_id="first@customer.test"))
    found: Ticket = Ticket.objects.get()
    return found


def test_the_answer_to_a_mail_that_we_never_had_joins_and_says_why(support: Any, ticket: Ticket) -> None:
    (seen,) = receive(support, in_conversation(answers=2, subject="AW: Broken lamp"))
    message = last()
    assert (seen.ticket_id, message.thread_reason) == (ticket.pk, ThreadReason.CONVERSATION)
    assert message.thread_detail == base64.b64encode(START).decode()[:28]
    assert "conversation in Outlook" in reason_words(seen)
    assert "Thread-Index" in matched_header(message)


APART = [
    pytest.param({"subject": "Re: Broken chair"}, id="another subject"),
    pytest.param({"sender": "Ben <ben@elsewhere.test>"}, id="a sender who is not on the ticket"),
    pytest.param({"start": START[:-1] + b"\x99"}, id="another conversation"),
    pytest.param({"answers": 0}, id="the beginning of one, as programs copy it"),
    pytest.param({"headers": [("List-Id", "<x.test>"), ("Auto-Submitted", "auto-generated")]}, id="no person wrote it"),
]


@pytest.mark.parametrize("mail", APART)
def test_it_joins_nothing_by_its_conversation_alone(support: Any, ticket: Ticket, mail: dict[str, Any]) -> None:
    (seen,) = receive(support, in_conversation(**{"answers": 2, "subject": "Re: Broken lamp"} | mail))
    assert seen.ticket_id != ticket.pk


def test_a_token_and_a_reference_count_before_it(support: Any, ticket: Ticket) -> None:
    receive(support, make_mail(message_id="other@customer.test", subject="Another matter"))
    other = Ticket.objects.latest("id")
    named = {"references": ["other@customer.test"]}, {"references": [our_id(write_reply(other))]}
    seen = receive(support, *(in_conversation(answers=2, **each) for each in named))
    assert [row.ticket_id for row in seen] == [other.pk] * 2


def test_a_closed_ticket_is_followed_by_one(support: Any, ticket: Ticket) -> None:
    Ticket.objects.update(status=Status.CLOSED)
    receive(support, in_conversation(answers=2))
    receive(support, in_conversation(answers=3))
    follower = Ticket.objects.exclude(pk=ticket.pk).get()
    assert (follower.follows_id, follower.messages.count()) == (ticket.pk, 2)


def test_a_conversation_that_a_person_took_apart_leads_nowhere(support: Any, ticket: Ticket, people: Any) -> None:
    receive(support, in_conversation(answers=1))
    split_off(last(), by=By(actor=people.agent))
    (seen,) = receive(support, in_conversation(answers=2))
    assert Message.objects.filter(ticket_id=seen.ticket_id).count() == 1


def test_another_organization_has_its_own_ticket(support: Any, ticket: Ticket, otherco: Any) -> None:
    from helpdesk.tenancy.scope import organization_scope
    from tests.factories.outgoing import make_mailbox

    with organization_scope(otherco.id):
        (seen,) = receive(make_mailbox(address="support@otherco.test"), in_conversation(answers=2))
        assert Ticket.objects.get().pk == seen.ticket_id != ticket.pk


def test_thread_emails_groups_them_alike(db: None) -> None:
    mails = [
        in_conversation(answers=0),
        in_conversation(answers=2, subject="RE: Broken lamp"),
        in_conversation(answers=3, subject="RE: Something else"),
    ]
    assert thread_mails(mails) == [[0, 1], [2]]
