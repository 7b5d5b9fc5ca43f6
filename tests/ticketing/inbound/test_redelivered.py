"""A large mail that comes once more after its mailbox took its headers: it completes its message, exactly once."""

from __future__ import annotations

from typing import Any

import pytest

from mailboxes.models import Outcome, RawMessage, RemoteMessage, WholeFetch
from mailboxes.services.reading.whole_requests import ask_for_whole
from tests.factories.incoming import (
    head_of,
    make_mail,
    process_due,
    receive,
    receive_head,
    receive_rest,
    store,
    store_rest,
)
from ticketing.models import Message, Ticket, TicketEvent
from ticketing.reason_words import reason_words

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("F25", "F34", "F39")]
DATED = [("Date", "Thu, 26 Nov 2026 10:00:00 +0000")]


def large(**values: Any) -> bytes:
    return make_mail(**{"message_id": "huge@x.test", "text": "All of it.\n", "headers": DATED, **values})


def texts() -> list[str]:
    return [message.text.strip() for message in Message.objects.order_by("id")]


@pytest.mark.parametrize("message_id", ["huge@x.test", None])
def test_the_whole_mail_completes_the_message_of_its_headers(support: Any, message_id: str | None) -> None:
    mail = large(message_id=message_id)
    head = receive_head(support, mail)
    [seen] = receive(support, mail)
    assert (texts(), Ticket.objects.count()) == (["All of it."], 1)
    assert (seen.outcome, seen.reason_code, seen.ticket_id) == (Outcome.DUPLICATE, "completed", head.ticket_id)
    assert "whose headers alone were taken" in reason_words(seen)
    assert Message.objects.get().raw_id == seen.raw_id
    assert TicketEvent.objects.get(kind="message_completed").cause == "mail"


def test_another_way_through_the_servers_makes_no_difference(support: Any) -> None:
    receive_head(support, large())
    receive(support, b"Received: from relay.test by mx.test; Thu, 26 Nov 2026 11:00:00 +0000\r\n" + large())
    assert (texts(), Ticket.objects.count()) == (["All of it."], 1)


def test_nobody_need_fetch_it_any_more(support: Any, people: Any) -> None:
    head = receive_head(support, large())
    ask_for_whole(head.raw, actor=people.admin)
    [seen] = receive(support, large())
    wish = WholeFetch.objects.get()
    assert (wish.state, wish.whole_id) == ("stored", seen.raw_id)
    earlier = RemoteMessage.objects.get(id=head.pk)
    assert (earlier.raw_id, earlier.outcome) == (seen.raw_id, Outcome.CREATED)


def test_a_third_time_it_is_a_duplicate(support: Any) -> None:
    receive_head(support, large())
    receive(support, large())
    later = receive(support, b"Received: from relay.test\r\n" + large())
    assert [row.reason_code for row in later] == ["duplicate"]
    assert (texts(), TicketEvent.objects.filter(kind="message_completed").count()) == (["All of it."], 1)


@pytest.mark.parametrize("is_wish_first", [True, False])
def test_of_a_fetched_and_a_delivered_whole_one_completes_it(support: Any, is_wish_first: bool) -> None:
    head = receive_head(support, large())
    delivered = b"Received: from relay.test\r\n" + large()
    steps = [lambda: store_rest(head, large()), lambda: store(support, delivered)]
    for step in steps if is_wish_first else reversed(steps):
        step()
    process_due()
    assert (texts(), Ticket.objects.count()) == (["All of it."], 1)
    assert TicketEvent.objects.filter(kind="message_completed").count() == 1
    assert not RemoteMessage.objects.filter(outcome=Outcome.PENDING).exists()


@pytest.mark.parametrize("message_id", ["huge@x.test", None])
def test_headers_of_what_was_taken_whole_under_a_higher_limit_are_a_duplicate(
    support: Any, message_id: str | None
) -> None:
    mail = large(message_id=message_id)
    [first] = receive(support, mail)
    again = receive_head(support, mail, size_bytes=len(mail))
    assert (again.outcome, again.ticket_id) == (Outcome.DUPLICATE, first.ticket_id)
    assert (texts(), Ticket.objects.count()) == (["All of it."], 1)


@pytest.mark.req("F42")
@pytest.mark.parametrize(("header", "more"), [(b"X-Run: 1", 0), (b"X-Run: 2", 0), (b"", 1)])
def test_headers_of_another_mail_without_an_id_are_told_apart_by_every_line_and_the_size(
    support: Any, header: bytes, more: int
) -> None:
    mail = large(message_id=None)
    receive(support, mail)
    other = header + b"\r\n" + mail if header else mail
    again = receive_head(support, other, size_bytes=len(mail) + more)
    assert again.outcome == Outcome.CREATED


def test_headers_once_more_are_a_duplicate_and_their_whole_completes_the_first(support: Any) -> None:
    first = receive_head(support, large())
    second = receive_head(support, b"Received: from relay.test\r\n" + large())
    assert (second.outcome, second.ticket_id) == (Outcome.DUPLICATE, first.ticket_id)
    seen = receive_rest(second, large())
    assert (texts(), Ticket.objects.count()) == (["All of it."], 1)
    assert (seen.outcome, seen.reason_code) == (Outcome.DUPLICATE, "completed")
    assert not RemoteMessage.objects.filter(raw__is_header_only=True).exists()


def test_headers_of_a_mail_that_is_here_whole_are_a_duplicate(support: Any) -> None:
    receive(support, large())
    again = receive_head(support, large())
    assert (again.outcome, texts()) == (Outcome.DUPLICATE, ["All of it."])


@pytest.mark.req("F43")
@pytest.mark.parametrize(
    "other",
    [
        {"subject": "Another matter"},
        {"sender": "Ben <ben@elsewhere.test>"},
        {"headers": [("Date", "Fri, 27 Nov 2026 10:00:00 +0000")]},
    ],
)
def test_another_mail_under_the_same_id_is_another_mail(support: Any, other: dict[str, Any]) -> None:
    receive_head(support, large())
    receive(support, large(**other))
    assert texts() == ["", "All of it."]


@pytest.mark.req("F44")
def test_the_mailbox_next_door_is_another_delivery(support: Any) -> None:
    from tests.factories.outgoing import make_mailbox

    receive_head(support, large())
    receive(make_mailbox(address="sales@fernhollow.test"), large())
    assert texts() == ["", "All of it."]


def test_an_answer_that_comes_again_completes_its_message_in_the_ticket(support: Any) -> None:
    receive(support, make_mail(message_id="first@x.test", text="First.\n"))
    mail = large(answers="first@x.test")
    assert receive_head(support, mail).outcome == Outcome.ADDED
    receive(support, mail)
    assert (texts(), Ticket.objects.count()) == (["First.", "All of it."], 1)


def test_the_header_block_of_a_mail_without_a_body_is_all_of_it(support: Any) -> None:
    mail = head_of(large(message_id=None))
    receive(support, mail)
    receive(support, mail)
    assert (Message.objects.count(), RawMessage.objects.count()) == (1, 2)
