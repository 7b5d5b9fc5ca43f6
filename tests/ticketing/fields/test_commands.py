"""Commands in the body: where a block stands, and what its lines set."""

from __future__ import annotations

import pytest

from ticketing.fields.command_words import BUILT_IN, HEADINGS, LANGUAGE_NAMES, PRIORITIES
from ticketing.fields.commands import Block, Commanded, Names, Refused, Trouble, find_block, read_block
from ticketing.fields.reading import LANGUAGES
from ticketing.fields.values import Field
from ticketing.models import FieldKind, Priority

pytestmark = pytest.mark.req("S5.51")
TYPE = Field("type", "Type", FieldKind.CHOICE, ("Question", "Incident"))
PRICE = Field("price", "Unit price", FieldKind.NUMBER)
NAMES = Names((TYPE, PRICE), teams={"orders": 3}, categories={"hardware / printer": 7})


def test_every_language_has_its_words() -> None:
    assert LANGUAGES.keys() == BUILT_IN.keys() == PRIORITIES.keys() == HEADINGS.keys() == LANGUAGE_NAMES.keys()
    assert {level for levels in PRIORITIES.values() for level in levels.values()} == set(Priority.values)


@pytest.mark.req("S5.52", "S5.53")
@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Hello\n--- Ticket details [en] ---\nType: Question\n---\nBye", ("Type: Question",)),
        ("===ticket  DETAILS (EN)\n\nA: b\n\n=====\n", ("", "A: b", "")),
        ("*** Ticket details [en] ***\n***", ()),
        ("--- Ticket details [de] ---\nType: Question\n---", None),  # another language
        ("--- Ticket details ---\nType: Question\n---", None),  # none
        ("Ticket details [en]\nType: Question\n---", None),  # no delimiter
        ("--- Ticket details [en] --- and more\n---", None),
        ("", None),
    ],
)
def test_a_block_stands_between_delimiters_under_its_heading(text: str, lines: tuple[str, ...] | None) -> None:
    found = find_block(text, heading="Ticket details", language="en")
    assert (found.lines if found else None) == lines
    assert found is None or found.is_closed


def read(*lines: str, language: str = "en", may: str = "", closed: bool = True) -> Commanded:
    """may: the one key that may be set; "" for all."""
    block = Block(lines, is_closed=closed)
    return read_block(block, names=NAMES, language=language, may_set=lambda key: not may or key == may)


@pytest.mark.parametrize(
    ("language", "lines", "found"),
    [
        ("en", ("Type: incident", "price: 1,234.5"), Commanded(values=((TYPE, "Incident"), (PRICE, 1234.5)))),
        ("de", ("UNIT  PRICE: 1.234,5",), Commanded(values=((PRICE, 1234.5),))),
        ("en", ("price: 1", "Price: 2"), Commanded(values=((PRICE, 2),))),
        ("en", ("Priority: High",), Commanded(priority="high")),
        ("de", ("Priorität: dringend", "Team: Orders"), Commanded(priority="urgent", team_id=3)),
        ("de", ("priority: urgent",), Commanded(priority="urgent")),  # English is understood, too
        ("fr", ("Catégorie: Hardware / Printer",), Commanded(category_id=7)),
        ("en", ("Tags: a b , c",), Commanded(tags=("a b", "c"))),
        ("en", ("Team：orders",), Commanded(team_id=3)),
    ],
)
def test_lines_set_what_they_name(language: str, lines: tuple[str, ...], found: Commanded) -> None:
    assert read(*lines, language=language) == found


@pytest.mark.req("S5.55", "S5.86")
@pytest.mark.parametrize(
    ("line", "may", "trouble"),
    [
        ("just words", "", Trouble.PARSE),
        ("Prioriti: high", "", Trouble.FIELD),
        ("Priority: highest", "", Trouble.FIELD),
        ("Priorität: hoch", "", Trouble.FIELD),  # not in English
        ("Team: nobody", "", Trouble.FIELD),
        ("Category: nothing", "", Trouble.FIELD),
        ("Type:", "", Trouble.FIELD),
        (f"Tags: {'x' * 31}", "", Trouble.FIELD),
        ("Type: Incident", "field:price", Trouble.RIGHT),
        ("Priority: high", "field:price", Trouble.RIGHT),
    ],
)
def test_what_cannot_be_followed_is_named_and_the_rest_is_followed(line: str, may: str, trouble: Trouble) -> None:
    assert read("price: 3", line, may=may) == Commanded(values=((PRICE, 3),), refused=(Refused(trouble, line),))


def test_a_bad_value_says_what_would_be_one_and_a_block_without_an_end_sets_nothing() -> None:
    (refused,) = read("Type: Wish").refused
    assert (refused.trouble, "Question, Incident" in refused.why) == (Trouble.FIELD, True)
    assert read("price: 3", closed=False) == Commanded(refused=(Refused(Trouble.PARSE, ""),))
