"""`name:value` in what is searched for, and the words under which values are found."""

from __future__ import annotations

import pytest

from ticketing.fields.search_terms import Asked, parted, words_of_fields
from ticketing.fields.values import Field, Value
from ticketing.models import FieldKind

FIELDS = (
    Field("type", "Type", FieldKind.CHOICE, ("Question", "Feature request")),
    Field("order_no", "Order number", FieldKind.TEXT),
    Field("price", "Price", FieldKind.NUMBER),
    Field("due", "Due", FieldKind.DATE),
    Field("vip", "Vip", FieldKind.YES_NO),
    Field("papers", "Papers", FieldKind.FILES),
)
VALUES: dict[str, Value] = {
    "type": "Feature request",
    "order_no": "A-1041",
    "price": -12.5,
    "due": "2027-01-31",
    "vip": True,
    "papers": [{"id": "x", "filename": "Contract 7.pdf", "content_type": "application/pdf", "size_bytes": 1}],
}


def is_found(asked: Asked) -> bool:
    """As the index does it: every word, or the beginning of one."""
    words = words_of_fields(VALUES)
    return all(
        any(word.startswith(term[:-1]) if term.endswith("*") else word == term for word in words)
        for term in asked.terms
    )


@pytest.mark.parametrize(
    ("text", "rest", "found"),
    [
        ("type:feature", "", True),
        ('TYPE:"feature REQUEST" lamp', "lamp", True),
        ("type:question", "", False),
        ('"order number":a-104', "", True),
        ("order_no:1041", "", True),
        ("papers:contract", "", True),
        ("papers:1041", "", False),
        ("order_no:request", "", False),  # a word of another field
        ("price:-12.5", "", True),
        ("price:12.5", "", False),
        ("price:-12", "", False),
        ("due:2027-01-31", "", True),
        ("due:2027-01", "", True),
        ("due:2026", "", False),
        ("vip:yes type:feature", "", True),
        ("vip:no", "", False),
    ],
)
def test_a_field_is_asked_for_by_its_name(text: str, rest: str, found: object) -> None:
    asked = parted(text, fields=FIELDS)
    assert asked.terms
    assert (asked.words, is_found(asked)) == (rest, found)


@pytest.mark.parametrize("text", ["Re: lamp", "https://lamp.test", "colour:red", "price:cheap", "a:b:c", "type:"])
def test_what_names_no_field_or_no_value_is_text(text: str) -> None:
    assert parted(text, fields=FIELDS) == Asked(text)


def test_text_cannot_pretend_to_be_a_value() -> None:
    marked = [word for word in words_of_fields(VALUES) if word != word.casefold()]
    assert marked
    assert not set(marked) & set(words_of_fields({"order_no": " ".join(marked)}))
