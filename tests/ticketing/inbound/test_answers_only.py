"""A mailbox that takes answers only: what belongs to a ticket comes in, everything else is ignored and explained."""

from __future__ import annotations

from typing import Any

import pytest

from mailboxes.models import ExistingMail, Mailbox, Outcome
from tests.factories.incoming import make_mail, process_due, receive, receive_head, receive_rest
from ticketing.log_words import steps_of
from ticketing.models import Contact, Message, Status, Ticket
from ticketing.reason_words import reason_words
from ticketing.services.intake_retry import decide_again

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("S2.2")]


@pytest.fixture
def answers_only(support: Any) -> Mailbox:
    """The mailbox, with one ticket from before it was switched."""
    receive(support, make_mail(message_id="first@customer.test"))
    Mailbox.objects.update(answers_only=True)
    support.refresh_from_db()
    mailbox: Mailbox = support
    return mailbox


def test_new_mail_opens_no_ticket_and_the_log_says_why(answers_only: Mailbox) -> None:
    [seen] = receive(answers_only, make_mail(sender="ben@elsewhere.test"))
    assert (seen.outcome, seen.reason_code, seen.ticket_id) == (Outcome.IGNORED, "answers_only", None)
    assert "take answers only" in reason_words(seen)
    assert "The mailbox takes answers only" in [step.title for step in steps_of(seen)]
    assert (Ticket.objects.count(), Message.objects.count(), Contact.objects.count()) == (1, 1, 1)


def test_an_answer_is_added(answers_only: Mailbox) -> None:
    [seen] = receive(answers_only, make_mail(answers="first@customer.test"))
    assert (seen.outcome, seen.ticket_id) == (Outcome.ADDED, Ticket.objects.get().id)


def test_an_answer_to_a_closed_ticket_opens_the_one_that_follows_it(answers_only: Mailbox) -> None:
    Ticket.objects.update(status=Status.CLOSED)
    [seen] = receive(answers_only, make_mail(answers="first@customer.test"))
    assert (seen.outcome, seen.reason_code) == (Outcome.CREATED, "follows_closed")


def test_history_opens_no_ticket_either(answers_only: Mailbox) -> None:
    Mailbox.objects.update(existing_mail=ExistingMail.CLOSED)
    [seen] = receive(answers_only, make_mail(), is_history=True)
    assert seen.reason_code == "answers_only"


def test_headers_of_a_large_mail_open_none_and_fetched_whole_it_opens_none(answers_only: Mailbox) -> None:
    mail = make_mail(message_id="huge@x.test")
    head = receive_head(answers_only, mail)
    assert head.reason_code == "answers_only"
    assert receive_rest(head, mail).reason_code == "answers_only"


def test_switched_off_again_new_mail_opens_a_ticket(answers_only: Mailbox) -> None:
    Mailbox.objects.update(answers_only=False)
    [seen] = receive(answers_only, make_mail())
    assert seen.outcome == Outcome.CREATED


def test_what_it_ignored_is_decided_anew_as_the_mailbox_stands_now(answers_only: Mailbox, people: Any) -> None:
    [seen] = receive(answers_only, make_mail())
    Mailbox.objects.update(answers_only=False)
    decide_again(seen.raw, actor=people.admin)
    process_due()
    seen.refresh_from_db()
    assert (seen.outcome, seen.reason_code) == (Outcome.CREATED, "new_mail")


def test_the_mailbox_next_door_opens_tickets(answers_only: Mailbox) -> None:
    from tests.factories.outgoing import make_mailbox

    [seen] = receive(make_mailbox(address="sales@fernhollow.test"), make_mail())
    assert seen.outcome == Outcome.CREATED
