"""Commands in the body: where a block stands, and what its lines set."""

from __future__ import annotations

import pytest

from ticketing.fields.command_words import BUILT_IN, HEADINGS, LANGUAGE_NAMES, PRIORITIES, STATUSES, BuiltIn
from ticketing.fields.commands import (
    COLUMNS,
    Block,
    Commanded,
    Names,
    Refused,
    Trouble,
    find_block,
    named_in,
    read_block,
)
from ticketing.fields.reading import LANGUAGES
from ticketing.fields.values import Field
from ticketing.models import FieldKind, Priority, Status

pytestmark = pytest.mark.req("S5.51")
TYPE = Field("type", "Type", FieldKind.CHOICE, ("Question", "Incident"))
PRICE = Field("price", "Unit price", FieldKind.NUMBER)
IDS = {
    BuiltIn.TEAM: {"orders": 3},
    BuiltIn.CATEGORY: {"hardware / printer": 7},
    BuiltIn.ASSIGNEE: {"ines@fernhollow.test": 5, "ines vale": 5},
    BuiltIn.COMPANY: {"acme": 9},
}
NAMES = Names((TYPE, PRICE), ids=IDS)


def test_every_language_has_its_words() -> None:
    assert LANGUAGES.keys() == BUILT_IN.keys() == PRIORITIES.keys() == HEADINGS.keys() == LANGUAGE_NAMES.keys()
    assert LANGUAGES.keys() == STATUSES.keys()
    assert {level for levels in PRIORITIES.values() for level in levels.values()} == set(Priority.values)
    assert {status for statuses in STATUSES.values() for status in statuses.values()} == set(Status.values)
    assert COLUMNS.keys() | {BuiltIn.TAGS} == set(BuiltIn)


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
    block, statuses = Block(lines, is_closed=closed), ("open", "solved")
    may_set = (lambda key: key == may) if may else bool
    return read_block(block, names=NAMES, language=language, may_set=may_set, statuses=statuses)


@pytest.mark.parametrize(
    ("language", "lines", "found"),
    [
        ("en", ("Type: incident", "price: 1,234.5"), Commanded(values=((TYPE, "Incident"), (PRICE, 1234.5)))),
        ("de", ("UNIT  PRICE: 1.234,5",), Commanded(values=((PRICE, 1234.5),))),
        ("en", ("price: 1", "Price: 2"), Commanded(values=((PRICE, 2),))),
        ("en", ("Priority: High",), Commanded(columns={"priority": "high"})),
        ("de", ("Priorität: dringend", "Team: Orders"), Commanded(columns={"priority": "urgent", "team_id": 3})),
        ("de", ("priority: urgent",), Commanded(columns={"priority": "urgent"})),  # English is understood, too
        ("fr", ("Catégorie: Hardware / Printer",), Commanded(columns={"category_id": 7})),
        ("en", ("Tags: a b , c",), Commanded(tags=("a b", "c"))),
        ("en", ("Team：orders",), Commanded(columns={"team_id": 3})),
        ("en", ("Status: Solved", "Company: ACME"), Commanded(columns={"status": "solved", "company_id": 9})),
        ("de", ("Status: gelöst", "Firma: Acme"), Commanded(columns={"status": "solved", "company_id": 9})),
        ("en", ("Assignee: Ines@Fernhollow.test",), Commanded(columns={"assignee_id": 5})),
        ("fr", ("Assigné à: Ines  Vale",), Commanded(columns={"assignee_id": 5})),
    ],
)
def test_lines_set_what_they_name(language: str, lines: tuple[str, ...], found: Commanded) -> None:
    assert read(*lines, language=language) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Type:", Commanded(values=((TYPE, None),))),
        ("Team: ", Commanded(columns={"team_id": None})),
        ("Assignee:", Commanded(columns={"assignee_id": None})),
        ("Type:\nType: Incident", Commanded(values=((TYPE, "Incident"),))),
        ("Priority:", Commanded(refused=(Refused(Trouble.VALUE, "Priority:"),))),
        ("Tags:", Commanded(refused=(Refused(Trouble.VALUE, "Tags:"),))),
    ],
)
def test_a_name_without_a_value_takes_it_off_where_that_is_set(line: str, found: Commanded) -> None:
    block = Block(tuple(line.splitlines()), is_closed=True)
    assert read_block(block, names=NAMES, language="en", may_set=bool, clears=True) == found


@pytest.mark.req("S5.55", "S5.86")
@pytest.mark.parametrize(
    ("line", "may", "trouble"),
    [
        ("just words", "", Trouble.PARSE),
        ("Prioriti: high", "", Trouble.UNKNOWN),
        ("Priority: highest", "", Trouble.VALUE),
        ("Priorität: hoch", "", Trouble.UNKNOWN),  # not in English
        ("Team: nobody", "", Trouble.VALUE),
        ("Category: nothing", "", Trouble.VALUE),
        ("Type:", "", Trouble.VALUE),
        (f"Tags: {'x' * 31}", "", Trouble.VALUE),
        ("Type: Incident", "field:price", Trouble.RIGHT),
        ("Priority: high", "field:price", Trouble.RIGHT),
        ("Status: open", "field:price", Trouble.RIGHT),
        ("Assignee: Ines Vale", "field:price", Trouble.RIGHT),
        ("Company: acme", "field:price", Trouble.RIGHT),
        ("Company: nobody's", "", Trouble.VALUE),
        ("Status: done", "", Trouble.VALUE),
    ],
)
def test_what_cannot_be_followed_is_named_and_the_rest_is_followed(line: str, may: str, trouble: Trouble) -> None:
    assert read("price: 3", line, may=may) == Commanded(values=((PRICE, 3),), refused=(Refused(trouble, line),))


def test_a_bad_value_says_what_would_be_one_and_a_block_without_an_end_sets_nothing() -> None:
    (refused,) = read("Type: Wish").refused
    assert (refused.trouble, "Question, Incident" in refused.why) == (Trouble.VALUE, True)
    assert read("price: 3", closed=False) == Commanded(refused=(Refused(Trouble.PARSE, ""),))
    (refused,) = read("Assignee: somebody").refused
    assert (refused.trouble, "e-mail address" in refused.why) == (Trouble.VALUE, True)
    (refused,) = read("Status: on hold").refused  # is one, but the ticket cannot have it
    assert (refused.trouble, "cannot follow" in refused.why) == (Trouble.VALUE, True)


def test_only_what_is_named_has_to_be_looked_up() -> None:
    block = Block(("Zuständig: Ines", "Type: Question", "company: Acme", "words"), is_closed=True)
    assert named_in(block, language="de") == {BuiltIn.ASSIGNEE, BuiltIn.COMPANY}
