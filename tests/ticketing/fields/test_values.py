"""What a custom field takes, and how text becomes a value of it."""

from __future__ import annotations

from typing import Any

import pytest

from ticketing.fields.reading import LANGUAGES, UNKNOWN, read_value
from ticketing.fields.values import BadValue, Field, clean_value
from ticketing.models import FieldKind

TYPE = Field("type", "Type", FieldKind.CHOICE, ("Question", "Incident"))
PARTS = Field("parts", "Parts", FieldKind.CHOICES, ("Lamp", "Stove", "Door"))
NOTE = Field("note", "Note", FieldKind.LONG_TEXT)
LINE = Field("line", "Line", FieldKind.TEXT)
PRICE = Field("price", "Price", FieldKind.NUMBER)
DUE = Field("due", "Due", FieldKind.DATE)
VIP = Field("vip", "VIP", FieldKind.YES_NO)


@pytest.mark.parametrize(
    ("field", "given", "value"),
    [
        (LINE, " a\tb\n c\x00 ", "a b c"),
        (NOTE, "a\r\nb\x00 ", "a\nb"),
        (LINE, " ", None),
        (PRICE, 12.0, 12),
        (PRICE, -1.5, -1.5),
        (DUE, "2027-02-28", "2027-02-28"),
        (VIP, False, False),
        (TYPE, "incident", "Incident"),
        (PARTS, ["door", "Lamp", "Door"], ["Lamp", "Door"]),
        (PARTS, [], None),
        (TYPE, None, None),
    ],
)
def test_values_are_stored_tidy(field: Field, given: object, value: object) -> None:
    assert clean_value(field, given) == value


@pytest.mark.parametrize(
    ("field", "given", "advice"),
    [
        (LINE, 3, "is text"),
        (LINE, "x" * 401, "at most 400"),
        (NOTE, "x" * 20_001, "at most 20000"),
        (PRICE, True, "is a number"),
        (PRICE, "3", "is a number"),
        (PRICE, float("nan"), "is a number"),
        (PRICE, 1e300, "is a number"),
        (DUE, "2027-02-30", "2027-01-31"),
        (DUE, 5, "2027-01-31"),
        (VIP, "yes", "yes or no"),
        (TYPE, "Wish", "Question, Incident"),
        (TYPE, ["Question"], "Question, Incident"),
        (PARTS, "Lamp", "list of words"),
        (PARTS, [1], "list of words"),
        (PARTS, ["Roof"], "Lamp, Stove, Door"),
    ],
)
def test_what_is_no_value_is_refused_with_what_would_be(field: Field, given: Any, advice: str) -> None:
    with pytest.raises(BadValue) as refused:
        clean_value(field, given)
    assert advice in refused.value.sentence


@pytest.mark.parametrize(
    ("field", "text", "language", "value"),
    [
        (PRICE, "1,234.5", "en", 1234.5),
        (PRICE, "1.234,5", "de", 1234.5),
        (PRICE, "1 234,5", "fr", 1234.5),
        (PRICE, "1.5", "de", BadValue),  # is it 15?
        (PRICE, "1,5", "", 1.5),
        (PRICE, "1,234.5", "", BadValue),
        (PRICE, "12 pieces", "en", BadValue),
        (DUE, "2027-01-31", "en", "2027-01-31"),
        (DUE, "31.1.2027", "de", "2027-01-31"),
        (DUE, "31/01/2027", "fr", "2027-01-31"),
        (DUE, "31/02/2027", "fr", BadValue),
        (DUE, "1/2/2027", "en", BadValue),  # January or February?
        (DUE, "1.2.2027", "", BadValue),
        (VIP, "Ja", "de", True),
        (VIP, "não", "pt", False),
        (VIP, "yes", "de", True),
        (VIP, "ja", "en", BadValue),
        (PARTS, "lamp, Door", "en", ["Lamp", "Door"]),
        (TYPE, "  incident ", "en", "Incident"),
        (LINE, "", "en", None),
    ],
)
def test_text_is_read_as_its_language_writes_it(field: Field, text: str, language: str, value: object) -> None:
    spoken = LANGUAGES.get(language, UNKNOWN)
    try:
        found: object = read_value(field, text, language=spoken)
    except BadValue:
        found = BadValue
    assert found == value
