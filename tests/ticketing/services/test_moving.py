"""A mail in the wrong ticket is split off or moved, and the threads of both go on where a person put them."""

from __future__ import annotations

from typing import Any

import pytest

from mailboxes.models import Outcome, RemoteMessage
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from tests.ticketing.inbound.test_threading import our_id, write_reply
from ticketing.models import EventKind, Message, Status, ThreadReason, Ticket, TicketEvent
from ticketing.queries.search import find_tickets
from ticketing.queries.tickets import linked_tickets
from ticketing.reason_words import reason_words
from ticketing.services.history import By
from ticketing.services.moving import CannotMove, move_message, split_off

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def support(in_fernhollow: Any) -> Any:
    return make_mailbox(address="support@fernhollow.test")


@pytest.fixture
def token(support: Any) -> str:
    """Of our answer in ticket #1, which a customer then uses for something else."""
    receive(support, make_mail(message_id="first@x.test"))
    return write_reply(Ticket.objects.get())


@pytest.fixture
def stray(support: Any, token: str) -> Message:
    """What the customer wrote: another matter, in answer to our mail."""
    receive(
        support, make_mail(subject="The chair", text="A chair.\n", message_id="chair@x.test", answers=our_id(token))
    )
    found: Message = Message.objects.latest("id")
    return found


def came(support: Any, **mail: Any) -> RemoteMessage:
    [seen] = receive(support, make_mail(**mail))
    return seen


@pytest.mark.req("F78")
def test_the_message_is_a_ticket_of_its_own_and_the_former_stands_as_before(
    support: Any, stray: Message, people: Any
) -> None:
    former = stray.ticket
    made = split_off(stray, by=By(actor=people.agent))
    stray.refresh_from_db()
    former.refresh_from_db()
    assert (stray.ticket, stray.thread_reason, made.subject) == (made, ThreadReason.SPLIT_OFF, "The chair")
    assert (made.status, made.needs_reply, made.message_count, made.mailbox_id) == (Status.NEW, True, 1, support.pk)
    assert (former.message_count, former.needs_reply, former.snippet) == (1, False, "")
    entry = RemoteMessage.objects.get(raw=stray.raw)
    assert (entry.outcome, entry.ticket_id) == (Outcome.CREATED, made.pk)
    assert f"Ines Duarte split it off from ticket #{former.number}" in reason_words(entry)
    kinds = list(TicketEvent.objects.order_by("position").values_list("ticket_id", "kind"))[-4:]
    assert kinds == [
        (made.pk, EventKind.TICKET_OPENED),
        (made.pk, EventKind.LINKED),
        (former.pk, EventKind.LINKED),
        (former.pk, EventKind.MESSAGE_MOVED),
    ]
    assert [linked_tickets(each, actor=people.agent) for each in (former, made)] == [[made], [former]]
    assert list(find_tickets("chair", among=Ticket.objects.all())) == [made]


LATER = [
    pytest.param({"answers": "chair@x.test"}, id="answers it"),
    pytest.param({"references": ["chair@x.test", "theirs@x.test"]}, id="refers to it"),
    pytest.param({"answers": "chair@x.test", "subject": "Re: The chair [#1]"}, id="and names the former's number"),
]


@pytest.mark.parametrize("mail", LATER)
def test_later_mail_of_its_thread_never_goes_back_though_it_carries_our_token(
    support: Any, token: str, stray: Message, people: Any, mail: dict[str, Any]
) -> None:
    made = split_off(stray, by=By(actor=people.agent))
    seen = came(support, **mail | {"references": [our_id(token), *mail.get("references", ())]})
    assert (seen.outcome, seen.ticket_id) == (Outcome.ADDED, made.pk)


def test_the_former_ticket_goes_on_with_its_own_thread(support: Any, token: str, stray: Message, people: Any) -> None:
    former = stray.ticket
    split_off(stray, by=By(actor=people.agent))
    assert came(support, answers=our_id(token)).ticket_id == former.pk
    assert came(support, answers="first@x.test").ticket_id == former.pk


def test_a_message_goes_into_another_ticket_and_its_thread_with_it(
    support: Any, token: str, stray: Message, people: Any
) -> None:
    former = stray.ticket
    other = Ticket.objects.get(pk=came(support, subject="Chairs", message_id="other@x.test").ticket_id)
    Ticket.objects.filter(pk=other.pk).update(status=Status.SOLVED)
    move_message(stray, ticket=other, by=By(actor=people.agent))
    other.refresh_from_db()
    assert (other.message_count, other.needs_reply) == (2, True)
    assert came(support, answers="chair@x.test", references=[our_id(token)]).ticket_id == other.pk
    move_message(stray, ticket=former, by=By(actor=people.agent))
    assert came(support, answers="chair@x.test", references=[our_id(token)]).ticket_id == former.pk


def test_a_ticket_of_one_message_is_merged_into_the_other(support: Any, people: Any) -> None:
    first, second = (Ticket.objects.get(pk=came(support, message_id=f"{n}@x.test").ticket_id) for n in "ab")
    message = Message.objects.get(ticket=second)
    move_message(message, ticket=first, by=By(actor=people.agent))
    second.refresh_from_db()
    assert (second.merged_into, second.message_count) == (first, 0)
    assert came(support, answers="b@x.test").ticket_id == first.pk


def test_what_cannot_be_moved_is_said(support: Any, token: str, stray: Message, people: Any) -> None:
    by = By(actor=people.agent)
    with pytest.raises(CannotMove, match="in this ticket already"):
        move_message(stray, ticket=stray.ticket, by=by)
    with pytest.raises(CannotMove, match="Only mail from a customer"):
        split_off(Message.objects.exclude(token_id=None).get(), by=by)
    alone = Message.objects.get(ticket_id=came(support).ticket_id)
    with pytest.raises(CannotMove, match="the only message"):
        split_off(alone, by=by)
