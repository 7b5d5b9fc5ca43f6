"""Search finds tickets by subject, people, text and file names, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailboxes.models import Outcome
from tests.factories.incoming import make_mail, receive
from ticketing.fields.values import field_of
from ticketing.models import Message, SearchDocument, Ticket, TicketField
from ticketing.models.mapping import Moment, Source
from ticketing.queries import tickets
from ticketing.queries.search import find_ticket_ids, find_tickets, page_found
from ticketing.remark_words import message_remarks
from ticketing.search_words import MAX_WORD_CHARS, words_of
from ticketing.services.field_values import set_field
from ticketing.services.history import By
from ticketing.services.mail_mapping import CopyInput, MappingInput, set_mapping
from ticketing.services.search import document, index_message, reindex_message

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def ticket(support: Any) -> Any:
    """Ticket #1 about a lamp, with a file."""
    text = "Der Größenschlüssel fehlt, 帐篷的支架断了, order 4711-A\n"
    receive(support, make_mail(subject="Broken lamp", text=text, files=[("rechnung_2026.pdf", b"x")]))
    receive(support, make_mail(subject="Other", text="nothing\n", sender="ben@elsewhere.test"))
    return Ticket.objects.get(number=1)


@pytest.mark.parametrize(
    "words",
    ["lamp", "LAMP broken", "bro", "größenschlüssel", "grossenschlussel", "anna", "customer.test", "anna@customer.test",
     "4711", "rechnung", "支架", "支架断了", "“lamp”", "lamp'--", "Berg & lamp"],
)  # fmt: skip
def test_a_ticket_is_found_by(ticket: Any, words: str) -> None:
    assert find_ticket_ids(words) == [ticket.id]


@pytest.mark.parametrize("words", ["lamp nothing", "amp", "架支", "", "' | '", "*", "o1olamp"])
def test_a_ticket_is_not_found_by(ticket: Any, words: str) -> None:
    assert find_ticket_ids(words) == []


def test_a_number_finds_the_ticket_that_has_it(ticket: Any) -> None:
    assert [row.id for row in find_tickets("#1", among=Ticket.objects.all())] == [ticket.id]


def test_only_tickets_of_the_given_rows_are_found(ticket: Any) -> None:
    assert not find_tickets("lamp", among=Ticket.objects.filter(number=2)).exists()


@pytest.mark.parametrize(
    ("words", "is_found"), [("lamp", True), ("bulb", False), ("lamp broken", True), ("#1", True), ("#7", False)]
)
def test_a_view_is_searched_for_any_words_of_the_same_shape(
    ticket: Any, people: Any, words: str, is_found: bool
) -> None:
    found = page_found(words, view=tickets.ALL, actor=people.agent)
    assert [row.id for row in found.rows] == ([ticket.id] if is_found else [])


def test_another_organization_finds_nothing_of_it(ticket: Any, otherco: Any) -> None:
    from helpdesk.tenancy.scope import organization_scope

    with organization_scope(otherco.id):
        assert find_ticket_ids("lamp") == []


def test_words_written_again_replace_the_earlier_ones(ticket: Any) -> None:
    message_id = SearchDocument.objects.get(ticket=ticket).message_id
    reindex_message(message_id=message_id, texts=["chandelier"])
    assert (find_ticket_ids("lamp"), find_ticket_ids("chandelier")) == ([], [ticket.id])


def test_a_removed_document_is_not_found(ticket: Any) -> None:
    SearchDocument.objects.filter(ticket=ticket).delete()
    assert find_ticket_ids("lamp") == []


def test_a_text_without_end_is_indexed_as_far_as_it_fits(ticket: Any) -> None:
    message_id = SearchDocument.objects.get(ticket=ticket).message_id
    reindex_message(message_id=message_id, texts=["first " + " ".join(f"wörter{n}" for n in range(60_000))])
    assert find_ticket_ids("first") == [ticket.id]


@given(st.text(max_size=300))
def test_words_are_short_and_hold_nothing_that_a_query_could_mistake(text: str) -> None:
    for word in words_of(text):
        assert word.isalnum()
        assert len(word) <= MAX_WORD_CHARS


@pytest.mark.req("F30")
@pytest.mark.parametrize(
    "words",
    [
        [f"w{n:08}" for n in range(60_000)],
        [chr(0x20000 + n) for n in range(42_000)],
        ["".join(map(chr, range(0x4E00, 0x9F00)))] * 9,
    ],
)
def test_a_document_never_outgrows_what_an_index_takes_in_any_organization(words: list[str]) -> None:
    kept = document(words).body.split(" ")
    assert sum(len(word.encode()) + len("o9223372036854775807o") for word in kept) <= 1_048_575
    assert set(kept) <= set(words_of(" ".join(words)))


@pytest.mark.req("F30")
def test_a_mail_with_more_words_than_an_index_takes_is_a_ticket_that_is_found(support: Any) -> None:
    text = "Leuchtturm\n" + "\n".join(f"{n:06x}" for n in range(110_000))
    (seen,) = receive(support, make_mail(text=text))
    assert (seen.outcome, find_ticket_ids("leuchtturm")) == (Outcome.CREATED, [seen.ticket_id])
    assert find_ticket_ids(f"{109_999:06x}") == []
    message = Message.objects.get(ticket_id=seen.ticket_id)
    assert "The message is very long: only its beginning can be found by search." in message_remarks(message)


@pytest.mark.req("F30")
@pytest.mark.parametrize(("texts", "is_capped"), [(["a " * 190_000], False), (["a " * 210_000], True)])
def test_a_message_of_ours_says_when_only_its_beginning_can_be_found(
    ticket: Any, texts: list[str], is_capped: bool
) -> None:
    message = Message.objects.get(ticket=ticket)
    SearchDocument.objects.all().delete()
    index_message(ticket_id=ticket.id, message_id=message.pk, texts=texts)
    message.refresh_from_db()
    assert ("search_capped" in str(message.remarks)) == is_capped


@pytest.mark.req("F30")
def test_a_large_mail_that_search_knows_whole_has_no_remark(support: Any) -> None:
    (seen,) = receive(support, make_mail(text="lighthouse again\n" * 20_000))
    assert "search_capped" not in str(Message.objects.get(ticket_id=seen.ticket_id).remarks)


@pytest.mark.req("S4.34", "F30")
def test_a_ticket_is_found_by_what_its_fields_hold(ticket: Any, support: Any, people: Any, otherco: Any) -> None:
    TicketField.objects.create(key="order_no", label="Order number", kind="text")
    other = Ticket.objects.get(number=2)
    field = field_of(TicketField.objects.get())
    by = By(actor=people.agent)
    set_field([ticket, other], field=field, value="A 1041", by=by)
    set_field([other], field=field, value="B 77", by=by)
    everything = Ticket.objects.all()
    asked = (
        "order_no:1041",
        '"Order number":"a 1041" lamp',
        "1041",
        "order_no:b",
        "order_no:1041 nothing",
        "order_no:lamp",
    )
    assert [[row.id for row in find_tickets(words, among=everything)] for words in asked] == [
        *([ticket.id], [ticket.id], [ticket.id], [other.id], [], []),
    ]
    assert [row.id for row in page_found("order_no:1041", view=tickets.ALL, actor=people.agent).rows] == [ticket.id]
    set_field([ticket], field=field, value=None, by=by)
    assert not find_tickets("order_no:1041", among=everything).exists()
    assert SearchDocument.objects.filter(message=None).count() == 1


@pytest.mark.req("S4.34")
def test_what_mail_gives_fields_is_found_and_found_no_more_once_it_is_replaced(support: Any) -> None:
    TicketField.objects.create(key="topic", label="Topic", kind="text")
    copies = [CopyInput(moment, Source.SUBJECT, "topic") for moment in Moment]
    set_mapping(support, MappingInput(copies=copies))
    receive(support, make_mail(subject="Chandelier", message_id="a@customer.test"))
    ticket = Ticket.objects.get()
    assert list(find_tickets("topic:chandelier", among=Ticket.objects.all())) == [ticket]
    receive(support, make_mail(subject="Candle", answers="a@customer.test"))
    assert list(find_tickets("topic:candle", among=Ticket.objects.all())) == [ticket]
    assert not find_tickets("topic:chandelier", among=Ticket.objects.all()).exists()
