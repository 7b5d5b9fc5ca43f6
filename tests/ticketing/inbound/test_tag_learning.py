"""An organization learns from its people which tags mails get, and suggests them with the words that weighed most."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from helpdesk.tenancy import counters
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from tests.factories.incoming import make_mail, receive
from tests.factories.tickets import make_ticket
from ticketing.mail.tag_content import MIN_EXAMPLES, MIN_JUDGED
from ticketing.models import LearnedTags, Message, Status, Suggested, SuggestionAnswer, Tag, TagCorpus, TagWord, Ticket
from ticketing.queries.first_mails import words_of_first_mails
from ticketing.queries.tag_suggestions import suggested_tags
from ticketing.queries.tickets import tags_of
from ticketing.services import changes, tag_learning
from ticketing.services.history import By
from ticketing.services.suggestions import SuggestionGone, answer_suggestion
from ticketing.services.tag_properties import set_spam_tags, set_tag_suggestions
from ticketing.services.undoing import undo_changes

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("S3.15")]

INVOICE = "invoice amount iban receipt reminder transfer"
OTHER = "catalogue opening hours showroom parking visit"


def tickets(text: str, *, count: int = 1) -> list[Ticket]:
    """So many whose first mail says this."""
    made = [make_ticket() for _ in range(count)]
    Message.objects.filter(ticket__in=made).update(text=text, subject="", from_address="someone@some.test")
    return made


def teach(people: Any, *, count: int = MIN_EXAMPLES) -> Tag:
    """So many tickets that an agent gave the tag, and as many that were solved without."""
    by = By(actor=people.agent)
    changes.add_tag(tickets(INVOICE, count=count), name="invoice", by=by)
    changes.change_status(tickets(OTHER, count=count), status=Status.SOLVED, by=by)
    tag: Tag = Tag.objects.get(name="invoice")
    return tag


def said_on(ticket: Ticket) -> list[str]:
    """The tags that are suggested now."""
    return [each.tag.name for each in suggested_tags(ticket, has=tags_of(ticket))]


def numbers() -> tuple[int, dict[str, int]]:
    """How many mails were learned from, and in how many of them with a tag the words of INVOICE were."""
    corpus = TagCorpus.objects.get()
    words = {row.word: sum(row.by_tag.values()) for row in TagWord.objects.filter(word__in=INVOICE.split())}
    return corpus.mails, words


def test_a_new_mail_like_those_with_a_tag_gets_it_suggested_by_words_that_are_named(support: Any, people: Any) -> None:
    teach(people)
    alike, unlike = receive(support, make_mail(text=INVOICE), make_mail(text=OTHER))
    ticket = Ticket.objects.get(pk=alike.ticket_id)
    [found] = suggested_tags(ticket, has=[])
    assert found.tag.name == "invoice"
    assert f"as on {MIN_EXAMPLES} tickets" in found.why
    assert "“iban”" in found.why
    assert tags_of(ticket) == []
    assert said_on(Ticket.objects.get(pk=unlike.ticket_id)) == []


@pytest.mark.parametrize(
    ("later", "suggested"),
    [({"text": INVOICE}, ["invoice"]), ({"text": f"Thanks\n\n> {INVOICE}"}, []), ({"text": "Thanks"}, [])],
    ids=["says it later", "quotes it", "says nothing"],
)
def test_a_later_mail_of_the_customer_is_looked_at_by_itself(
    support: Any, people: Any, later: dict[str, str], suggested: list[str]
) -> None:
    tag = teach(people)
    [first] = receive(support, make_mail(text=OTHER, message_id="first@some.test"))
    receive(support, make_mail(answers="first@some.test", **later))
    ticket = Ticket.objects.get(pk=first.ticket_id)
    assert said_on(ticket) == suggested
    changes.change_status([ticket], status=Status.SOLVED, by=By(actor=people.agent))
    judged = TagCorpus.objects.get().judged.get(str(tag.pk), [0, 0])
    assert judged == ([1, 0] if suggested else [0, 0])
    assert LearnedTags.objects.get(ticket=ticket).words == list(words_of_first_mails([ticket.pk])[ticket.pk])


@pytest.mark.usefixtures("support")
def test_from_fewer_examples_nothing_is_suggested(people: Any) -> None:
    teach(people, count=MIN_EXAMPLES - 1)
    assert said_on(tickets(INVOICE)[0]) == []


@pytest.mark.usefixtures("support")
def test_what_is_on_it_what_was_taken_off_spam_and_what_is_closed_get_none(people: Any) -> None:
    tag, by = teach(people), By(actor=people.agent)
    has, had, spam, closed = tickets(INVOICE, count=4)
    changes.add_tag([has, had], name="invoice", by=by)
    changes.remove_tag(had, tag=tag, by=by)
    changes.mark_spam([spam], is_spam=True, by=by)
    changes.change_status([closed], status=Status.CLOSED, by=by)
    now = Ticket.objects.in_bulk([has.pk, had.pk, spam.pk, closed.pk])
    assert [said_on(ticket) for ticket in now.values()] == [[], [], [], []]


@pytest.mark.usefixtures("support")
def test_a_tag_for_spam_is_neither_learned_nor_suggested(people: Any) -> None:
    tag = teach(people)
    set_spam_tags([tag.pk], actor=people.admin)
    [ticket] = tickets(INVOICE)
    assert said_on(ticket) == []
    changes.add_tag([ticket], name="invoice", by=By(actor=people.agent))
    assert LearnedTags.objects.get(ticket=ticket).tags == []


@pytest.mark.usefixtures("support")
def test_what_is_taken_off_or_undone_is_unlearned(people: Any) -> None:
    by = By(actor=people.agent)
    off, undone = tickets(INVOICE, count=2)
    changes.add_tag([off], name="invoice", by=by)
    assert numbers() == (1, dict.fromkeys(INVOICE.split(), 1))
    changes.remove_tag(off, tag=Tag.objects.get(), by=by)
    [changed] = changes.add_tag([undone], name="invoice", by=by)
    place = changed.last_position
    undo_changes(first=place, last=place, among=Ticket.objects.all(), by=by)
    assert numbers() == (2, dict.fromkeys(INVOICE.split(), 0))


@pytest.mark.usefixtures("support")
def test_marked_as_spam_a_ticket_teaches_nothing(people: Any) -> None:
    [ticket] = changes.add_tag(tickets(INVOICE), name="invoice", by=By(actor=people.agent))
    changes.mark_spam([ticket], is_spam=True, by=By(actor=people.agent))
    assert (numbers(), TagWord.objects.count(), LearnedTags.objects.count()) == ((0, {}), 0, 0)


@pytest.mark.usefixtures("support")
def test_the_newest_count(people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tag_learning, "MAX_LEARNED", 2)
    changes.add_tag(tickets(OTHER, count=2), name="visit", by=By(actor=people.agent))
    changes.add_tag(tickets(INVOICE), name="invoice", by=By(actor=people.agent))
    assert numbers() == (2, dict.fromkeys(INVOICE.split(), 1))


@pytest.mark.usefixtures("support")
def test_what_rules_and_programs_do_teaches_nothing(people: Any) -> None:
    [ticket] = changes.add_tag(tickets(INVOICE), name="invoice", by=By(cause="rule"))
    changes.change_status([ticket], status=Status.SOLVED, by=By(actor=people.agent))
    assert not TagCorpus.objects.exists()


@pytest.mark.usefixtures("support")
def test_solved_with_the_tag_of_a_rule_it_counts_as_having_it(people: Any) -> None:
    tag = teach(people, count=1)
    [ticket] = changes.add_tag(tickets(INVOICE), name="invoice", by=By(cause="rule"))
    changes.change_status([ticket], status=Status.SOLVED, by=By(actor=people.agent))
    assert LearnedTags.objects.get(ticket=ticket).tags == [tag.pk]


@pytest.mark.usefixtures("support")
def test_dismissed_it_is_not_suggested_again_and_counts_as_wrong(people: Any) -> None:
    tag, by = teach(people), By(actor=people.agent)
    [ticket] = tickets(INVOICE)
    answer_suggestion(ticket, what=Suggested.TAG, value="invoice", is_applied=False, by=by)
    assert said_on(ticket) == []
    assert SuggestionAnswer.objects.get().value == "invoice"
    assert TagCorpus.objects.get().judged == {str(tag.pk): [1, 0]}
    with pytest.raises(SuggestionGone):
        answer_suggestion(ticket, what=Suggested.TAG, value="invoice", is_applied=True, by=by)


@pytest.mark.usefixtures("support")
def test_applied_it_is_on_the_ticket(people: Any) -> None:
    teach(people)
    [ticket] = tickets(INVOICE)
    answer_suggestion(ticket, what=Suggested.TAG, value="invoice", is_applied=True, by=By(actor=people.agent))
    assert [tag.name for tag in tags_of(ticket)] == ["invoice"]


@pytest.mark.usefixtures("support")
def test_wrong_too_often_it_is_held_back_until_it_is_right_again(people: Any) -> None:
    tag, by = teach(people, count=3 * MIN_EXAMPLES), By(actor=people.agent)
    changes.change_status(tickets(INVOICE, count=MIN_JUDGED), status=Status.SOLVED, by=by)
    assert TagCorpus.objects.get().judged == {str(tag.pk): [MIN_JUDGED, 0]}
    assert said_on(tickets(INVOICE)[0]) == []
    right = changes.add_tag(tickets(INVOICE, count=4 * MIN_JUDGED), name="invoice", by=by)
    changes.change_status(right, status=Status.SOLVED, by=by)
    assert said_on(tickets(INVOICE)[0]) == ["invoice"]


@pytest.mark.usefixtures("support")
def test_switched_off_nothing_is_suggested_or_learned_and_nothing_forgotten(people: Any) -> None:
    teach(people)
    before = numbers()
    set_tag_suggestions(is_on=False, actor=people.admin)
    [ticket] = tickets(INVOICE)
    assert said_on(ticket) == []
    changes.add_tag([ticket], name="invoice", by=By(actor=people.agent))
    assert numbers() == before
    set_tag_suggestions(is_on=True, actor=people.admin)
    assert said_on(tickets(INVOICE)[0]) == ["invoice"]


def test_intake_asks_nothing_of_it(support: Mailbox, people: Any) -> None:
    teach(people)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        receive(support, make_mail(text=INVOICE))
    assert [query["sql"] for query in asked if "tagcorpus" in query["sql"] or "tagword" in query["sql"]] == []


@pytest.mark.usefixtures("support")
def test_where_nothing_was_learned_one_query_says_so(people: Any, django_assert_num_queries: Any) -> None:
    [ticket] = tickets(INVOICE)
    with django_assert_num_queries(1):
        assert suggested_tags(ticket, has=[]) == []


@pytest.mark.usefixtures("support")
def test_one_organization_learns_nothing_from_another(people: Any, otherco: Any) -> None:
    teach(people)
    with organization_scope(otherco.id):
        counters.take()
        assert said_on(tickets(INVOICE)[0]) == []
        assert not TagWord.objects.exists()


@pytest.mark.usefixtures("support")
def test_of_many_that_are_changed_together_the_first_teach(people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tag_learning, "LEARNED_AT_ONCE", 2)
    changes.add_tag(tickets(INVOICE, count=3), name="invoice", by=By(actor=people.agent))
    assert numbers() == (2, dict.fromkeys(INVOICE.split(), 2))
