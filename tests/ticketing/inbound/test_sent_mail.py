"""What people of ours send with a mail program stands on its ticket as an answer, and sets nothing off."""

from __future__ import annotations

from typing import Any

import pytest

from mailboxes.models import Outcome
from tests.factories.incoming import make_mail, receive, receive_head, receive_rest
from tests.factories.outgoing import sent_of
from tests.ticketing.inbound.test_conversations import in_conversation
from tests.ticketing.inbound.test_threading import our_id, write_reply
from ticketing.inbound.decisions import Reason
from ticketing.models import (
    AutomaticAnswer,
    Contact,
    EventKind,
    Message,
    MessageKind,
    Status,
    ThreadReason,
    Ticket,
    TicketEvent,
)
from ticketing.reason_words import reason_words
from ticketing.templatetags.ticket_events import event_words

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("F76")]
FIRST = "first@customer.test"


@pytest.fixture
def sent(support: Any) -> Any:
    """What reads the sent mail of the mailbox, to which Anna has written."""
    receive(support, in_conversation(answers=0, message_id=FIRST))
    return sent_of(support)


def by_colleague(**mail: Any) -> bytes:
    """What Ines answered Anna with Outlook."""
    usual = {"sender": "Ines <support@fernhollow.test>", "to": "anna@customer.test", "subject": "RE: Broken lamp"}
    return make_mail(**(usual | {"answers": FIRST, "message_id": "outlook@fernhollow.test", "text": "Yes.\n"} | mail))


def test_it_is_an_answer_that_left_and_the_customers_next_mail_finds_it(support: Any, sent: Any) -> None:
    people = Contact.objects.count()
    (seen,) = receive(sent, by_colleague())
    ticket, message = Ticket.objects.get(), Message.objects.latest("id")
    assert (seen.outcome, seen.ticket_id, seen.reason_code) == (Outcome.ADDED, ticket.pk, Reason.SENT_ELSEWHERE)
    assert "Sent with a mail program: added to ticket #1" in reason_words(seen)
    assert (message.kind, message.thread_reason, message.contact) == (
        MessageKind.OUTBOUND,
        ThreadReason.REFERENCE,
        None,
    )
    assert (ticket.status, ticket.needs_reply, ticket.message_count) == (Status.NEW, False, 2)
    event = TicketEvent.objects.get(message=message)
    assert event.kind == EventKind.REPLY_WRITTEN
    assert "with a mail program by" in event_words(event)
    assert (Contact.objects.count(), AutomaticAnswer.objects.count()) == (people, 0)
    (seen,) = receive(support, make_mail(sender="Ben <ben@elsewhere.test>", answers="outlook@fernhollow.test"))
    assert seen.ticket_id == ticket.pk


@pytest.mark.parametrize("status", [Status.SOLVED, Status.CLOSED])
def test_it_stands_on_a_ticket_that_is_over_and_opens_nothing(sent: Any, status: Status) -> None:
    Ticket.objects.update(status=status)
    receive(sent, by_colleague())
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.message_count) == (status, 2)


def test_by_its_conversation_it_joins_the_ticket_of_whom_it_is_to(sent: Any) -> None:
    mine, theirs = (
        in_conversation(answers=1, sender="Ines <support@fernhollow.test>", to=to)
        for to in ("anna@customer.test", "eve@evil.test")
    )
    seen = receive(sent, mine, theirs)
    assert [row.outcome for row in seen] == [Outcome.ADDED, Outcome.IGNORED]
    assert Message.objects.latest("id").thread_reason == ThreadReason.CONVERSATION


LEFT_OUT = [
    pytest.param({"answers": "unknown@x.test"}, "belongs to no ticket", id="no ticket"),
    pytest.param({"headers": [("Auto-Submitted", "auto-replied")]}, "not by a person", id="no person"),
    pytest.param(
        {"headers": [("X-Postroom-Cause", "reply; id=1")]}, "is not brought in again", id="ours by its headers"
    ),
]


@pytest.mark.parametrize(("mail", "words"), LEFT_OUT)
def test_the_rest_is_ignored_and_says_why(sent: Any, mail: dict[str, Any], words: str) -> None:
    (seen,) = receive(sent, by_colleague(**mail))
    assert (seen.outcome, Message.objects.count()) == (Outcome.IGNORED, 1)
    assert words in reason_words(seen)


def test_our_own_answer_is_told_by_its_id_and_not_doubled(sent: Any) -> None:
    token = write_reply(Ticket.objects.get())
    seen = receive(sent, by_colleague(message_id=our_id(token)), by_colleague(), by_colleague())
    assert [row.outcome for row in seen] == [Outcome.IGNORED, Outcome.ADDED, Outcome.IGNORED]
    assert Message.objects.filter(kind=MessageKind.OUTBOUND).count() == 2


def test_a_copy_in_the_inbox_does_not_stand_there_twice(support: Any, sent: Any) -> None:
    receive(sent, by_colleague())
    receive(support, by_colleague())
    assert Message.objects.count() == 2


def test_of_a_large_one_the_headers_stand_there_and_then_the_whole(sent: Any) -> None:
    mail = by_colleague(text="All of it.\n")
    receive_rest(receive_head(sent, mail), mail)
    message = Message.objects.latest("id")
    assert (message.kind, message.text.strip(), Message.objects.count()) == (MessageKind.OUTBOUND, "All of it.", 2)
