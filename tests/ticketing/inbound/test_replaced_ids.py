"""A bounce of a mail whose Message-ID a relay has replaced is tied by what else of it we signed, by nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from mailboxes.models import BouncedAddress, Outcome
from tests.factories.incoming import make_mail, receive
from tests.ticketing.inbound.test_threading import our_id, write_reply
from tests.ticketing.mail.test_returned import HEADERS, bounce
from ticketing.mail import message_ids
from ticketing.models import Message, MessageKind, Status, Ticket
from ticketing.reason_words import reason_words
from ticketing.services.thread_keys import thread_keys

pytestmark = [pytest.mark.django_db, pytest.mark.req("F84", "F112")]
EARLIER, LATER, OTHERS, BENS = "b" * 26, "c" * 26, "d" * 26, "e" * 26
COPIES = {
    "reply address": "Reply-To: <support+pr.{token}@fernhollow.test>\r\n\r\nHello",
    "copied id": "X-Postroom-Message-ID: <pr.{token}@fernhollow.test>\r\n\r\nHello",
    "mark": "\r\nHello\r\n\r\n[postroom:{token}]\r\n",
    "references": "References: <pr.{earlier}@fernhollow.test> <x@customer.test>\r\n\r\nHello",
}


@pytest.fixture
def ticket(support: Any) -> Ticket:
    """A ticket of Anna's with an answer to Ben, two to her, and one more to Ben after these."""
    [seen] = receive(support, make_mail())
    ticket: Ticket = Ticket.objects.get(id=seen.ticket_id)
    write_reply(ticket, token_id=BENS, to="ben@customer.test")
    write_reply(ticket, token_id=EARLIER)
    write_reply(ticket, token_id=LATER)
    write_reply(ticket, token_id=OTHERS, to="ben@customer.test")
    Ticket.objects.update(status=Status.SOLVED, needs_reply=False)
    return ticket


def signed(token_id: str) -> str:
    return message_ids.make_token(token_id, keys=thread_keys())


def forged(token_id: str) -> str:
    """The same with a signature of nobody's."""
    token = signed(token_id)
    return token[:-1] + ("a" if token[-1] != "a" else "b")


@pytest.mark.both
@pytest.mark.parametrize("clue", COPIES)
def test_what_is_signed_in_the_copy_ties_it(support: Any, ticket: Ticket, clue: str) -> None:
    copy = COPIES[clue].format(token=signed(LATER), earlier=signed(EARLIER))
    [seen] = receive(support, bounce(HEADERS + copy))
    assert (seen.outcome, seen.reason_code, seen.ticket_id) == (Outcome.BOUNCE, "bounce_of_ours", ticket.id)
    tied = Message.objects.get(kind=MessageKind.BOUNCE).bounce_of
    assert (tied.token_id, BouncedAddress.objects.get().address) == (LATER, "anna@customer.test")
    assert "Its Message-ID was changed on the way" in reason_words(seen)


@pytest.mark.parametrize("clue", COPIES)
def test_what_is_forged_changes_nothing(support: Any, ticket: Ticket, clue: str) -> None:
    copy = COPIES[clue].format(token=forged(LATER), earlier=forged(EARLIER))
    [seen] = receive(support, bounce(HEADERS + copy))
    ticket.refresh_from_db()
    assert (seen.outcome, seen.reason_code, seen.ticket_id) == (Outcome.BOUNCE, "foreign_bounce", None)
    assert (ticket.status, BouncedAddress.objects.exists()) == (Status.SOLVED, False)


@pytest.mark.parametrize(
    ("copy", "why"),
    [
        ("References: <pr.{others}@fernhollow.test>\r\n\r\nHello", "nothing went to her after that one"),
        ("References: <pr.{bens}@fernhollow.test>\r\n\r\nHello", "Ben got that one, and may say nothing of her"),
        ("References: <x@customer.test>\r\n\r\nHello", "it is not signed"),
        ("X-Postroom-Ticket: 1\r\nX-Postroom-Cause: agent; id=1\r\n\r\nHello", "our headers prove nothing"),
        ("Subject: Re: [#1]\r\n\r\nHello", "a number proves nothing"),
    ],
)
def test_what_proves_no_mail_to_the_address_changes_nothing(support: Any, ticket: Ticket, copy: str, why: str) -> None:
    [seen] = receive(support, bounce(HEADERS + copy.format(others=signed(OTHERS), bens=signed(BENS))))
    assert seen.reason_code == "foreign_bounce", why
    assert not BouncedAddress.objects.exists()


def test_its_message_id_counts_first(support: Any, ticket: Ticket) -> None:
    copy = HEADERS.replace("0100018f-1@email.amazonses.com", our_id(signed(LATER)))
    [seen] = receive(support, bounce(f"{copy}Reply-To: <s+pr.{signed(EARLIER)}@fernhollow.test>\r\n\r\nHello"))
    assert Message.objects.get(kind=MessageKind.BOUNCE).bounce_of.token_id == LATER
    assert "known_by" not in seen.reason_data
