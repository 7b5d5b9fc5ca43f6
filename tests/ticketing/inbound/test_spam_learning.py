"""An organization learns from its own marks what spam looks like; what it makes of a new mail is explained."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.tenancy import counters
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Outcome
from tests.factories.incoming import make_mail, receive
from tests.factories.tickets import make_ticket
from ticketing.models import LearnedMail, Message, SpamCorpus, SpamMark, SpamWord, Ticket, TicketEvent
from ticketing.reason_words import reason_words
from ticketing.services import changes, spam_learning
from ticketing.services.history import By
from ticketing.services.undoing import undo_changes
from ticketing.templatetags.ticket_events import event_words

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("S3.15")]

SPAM = "winner casino bonus crypto miracle pills"
CLEAN = "broken lamp delivery invoice refund warranty"


def mark(people: Any, text: str, *, is_spam: bool, count: int = 1) -> list[Ticket]:
    """So many tickets whose first mail says this, marked by an agent."""
    tickets = [make_ticket() for _ in range(count)]
    Message.objects.filter(ticket__in=tickets).update(text=text, subject="", from_address="someone@some.test")
    return changes.mark_spam(tickets, is_spam=is_spam, by=By(actor=people.agent))


def counts() -> dict[str, tuple[int, int]]:
    """The words of SPAM and CLEAN as they count."""
    words = [*SPAM.split(), *CLEAN.split()]
    return {row.word: (row.in_spam, row.in_clean) for row in SpamWord.objects.filter(word__in=words)}


def marks() -> tuple[int, int]:
    """How many mails were learned from."""
    corpus = SpamCorpus.objects.get()
    return corpus.spam_marks, corpus.clean_marks


@pytest.mark.usefixtures("support")
def test_a_mark_teaches_and_another_mark_of_the_same_ticket_replaces_it(people: Any) -> None:
    tickets = mark(people, SPAM, is_spam=True)
    assert counts() == dict.fromkeys(SPAM.split(), (1, 0))
    changes.mark_spam(tickets, is_spam=False, by=By(actor=people.agent))
    assert (counts(), marks()) == (dict.fromkeys(SPAM.split(), (0, 1)), (0, 1))


@pytest.mark.usefixtures("support")
def test_an_undone_mark_has_taught_nothing(people: Any) -> None:
    [ticket] = mark(people, SPAM, is_spam=True)
    place = ticket.last_position
    undo_changes(first=place, last=place, among=Ticket.objects.all(), by=By(actor=people.agent))
    assert (SpamWord.objects.count(), LearnedMail.objects.count(), marks()) == (0, 0, (0, 0))


@pytest.mark.usefixtures("support")
def test_of_each_kind_the_newest_count(people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spam_learning, "MAX_LEARNED", 2)
    mark(people, SPAM, is_spam=True)
    mark(people, CLEAN, is_spam=True, count=2)
    assert (counts(), marks()) == (dict.fromkeys(CLEAN.split(), (2, 0)), (2, 0))


def test_with_few_marks_it_is_said_and_not_done(support: Any, people: Any) -> None:
    mark(people, SPAM, is_spam=True, count=12)
    mark(people, CLEAN, is_spam=False, count=10)
    [seen] = receive(support, make_mail(text=SPAM))
    ticket = Ticket.objects.get(pk=seen.ticket_id)
    assert (seen.outcome, ticket.spam_mark) == (Outcome.CREATED, SpamMark.NONE)
    said = event_words(TicketEvent.objects.get(ticket=ticket, kind="spam_suspected"))
    assert "casino" in said
    assert "12 of 50 marked as spam and 10 of 50" in said


def test_with_enough_marks_it_is_taken_for_spam_by_words_that_are_named(support: Any, people: Any) -> None:
    mark(people, SPAM, is_spam=True, count=50)
    mark(people, CLEAN, is_spam=False, count=50)
    spam, clean = receive(support, make_mail(text=SPAM), make_mail(text=CLEAN))
    assert (spam.outcome, spam.reason_code) == (Outcome.SPAM, "spam_words")
    assert "casino" in reason_words(spam)
    found = dict(Ticket.objects.values_list("pk", "spam_mark"))
    assert (found[spam.ticket_id], found[clean.ticket_id]) == (SpamMark.AUTO_SPAM, SpamMark.AUTO_CLEAN)
    assert "casino" in event_words(TicketEvent.objects.get(ticket=spam.ticket_id, kind="spam_marked"))


def test_what_was_recognised_teaches_nothing(support: Any) -> None:
    receive(support, make_mail(text=SPAM, headers=[("X-Spam-Flag", "YES")]))
    assert not LearnedMail.objects.exists()


def test_an_answer_is_not_judged_by_its_words(support: Any, people: Any) -> None:
    mark(people, SPAM, is_spam=True, count=50)
    mark(people, CLEAN, is_spam=False, count=50)
    receive(support, make_mail(text=CLEAN, message_id="first@customer.test"))
    [seen] = receive(support, make_mail(text=SPAM, answers="first@customer.test"))
    assert seen.outcome == Outcome.ADDED


def test_one_organization_learns_nothing_from_another(support: Any, people: Any, otherco: Any) -> None:
    mark(people, SPAM, is_spam=True)
    with organization_scope(otherco.id):
        assert not SpamWord.objects.exists()
        counters.take()
        spam_learning.learn_marks([make_ticket(spam_mark=SpamMark.MANUAL_CLEAN, subject="")])
    assert marks() == (1, 0)
