"""Fields set in the body of a mail: lines of `Name: value` between two delimiter lines, the first with a heading. Pure.

--- Ticket details [en] ---
Priority: high
Order number: 1041
---
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.translation import gettext as _

from ticketing.fields.command_words import BUILT_IN, PRIORITIES, STATUSES, BuiltIn
from ticketing.fields.reading import LANGUAGES, UNKNOWN, read_value
from ticketing.fields.values import BadValue, Field, Value

UNPROVEN = "unproven"  # why a right does not count: whoever From names has it, and nothing proves From
CUSTOM = "field:"  # before the key of a field that the organization has added, where rights name it
COLUMNS: Mapping[BuiltIn, str] = {
    BuiltIn.PRIORITY: "priority",
    BuiltIn.STATUS: "status",
    BuiltIn.TEAM: "team_id",
    BuiltIn.ASSIGNEE: "assignee_id",
    BuiltIn.CATEGORY: "category_id",
    BuiltIn.COMPANY: "company_id",
}  # of the ticket, that commands set
CAN_BE_NONE = frozenset({BuiltIn.TEAM, BuiltIn.ASSIGNEE, BuiltIn.CATEGORY, BuiltIn.COMPANY})
STATUS_VALUES = tuple(dict.fromkeys(STATUSES["en"].values()))
MAX_LINES = 100
MAX_TAG_CHARS = 30
_SHOWN_CHARS = 120
_CHARS = r"[-=~*_#+]"
_END = re.compile(rf"\s*{_CHARS}{{3,}}\s*")
_LINE = re.compile(r"\s*([^:：]{1,80}?)\s*[:：](.*)")


class Trouble(StrEnum):
    """Why a command was not followed."""

    PARSE = "parse"  # no line of `Name: value`, or the end is missing
    UNKNOWN = "unknown_field"  # no such field
    VALUE = "bad_value"  # the field does not take it
    RIGHT = "right"  # the sender may not set it


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that was not followed."""

    trouble: Trouble
    line: str
    why: str = ""  # of VALUE: what the field takes, in the language of the worker; of RIGHT: UNPROVEN, or nothing


@dataclass(frozen=True, slots=True)
class Block:
    """The lines between the delimiters."""

    lines: tuple[str, ...]
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Names:
    """What commands may name, as the organization has it."""

    fields: tuple[Field, ...] = ()
    ids: Mapping[BuiltIn, Mapping[str, int]] = field(default_factory=dict)  # of teams, people, …: by `folded` name


@dataclass(frozen=True, slots=True)
class Commanded:
    """What the commands of a mail set."""

    values: tuple[tuple[Field, Value | None], ...] = ()  # None: taken off
    columns: Mapping[str, str | int | None] = field(default_factory=dict)  # of the ticket; None: taken off
    tags: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()


def folded(name: str) -> str:
    """A name as commands are held against it."""
    return " ".join(name.split()).casefold()


def find_block(text: str, *, heading: str, language: str) -> Block | None:
    """The first block under this heading with this language's code; None where there is none."""
    lines = text.splitlines()
    words = r"\s+".join(re.escape(word) for word in heading.split())
    code = re.escape(language)
    opening = re.compile(rf"\s*{_CHARS}{{3,}}\s*{words}\s*[\[(]\s*{code}\s*[\])]\s*{_CHARS}*\s*", re.IGNORECASE)
    start = next((number for number, line in enumerate(lines) if opening.fullmatch(line[:400])), None)
    if start is None:
        return None
    inside = lines[start + 1 : start + 2 + MAX_LINES]
    end = next((number for number, line in enumerate(inside) if _END.fullmatch(line[:400])), None)
    return Block(tuple(inside[:end]), is_closed=end is not None)


def named_in(block: Block, *, language: str) -> frozenset[BuiltIn]:
    """What the lines may name beside custom fields: which names have to be known."""
    kinds = _built_in(language)
    found = (_LINE.fullmatch(line.strip()) for line in block.lines)
    return frozenset(kinds[name] for each in found if each for name in (folded(each[1]),) if name in kinds)


def read_block(
    block: Block,
    *,
    names: Names,
    language: str,
    may_set: Callable[[str], bool],
    could_set: Callable[[str], bool] | None = None,
    statuses: Container[str] = frozenset(STATUS_VALUES),
    clears: bool = False,
) -> Commanded:
    """What the lines set, and those that were not followed. Nothing of a block without an end is.

    could_set: the same as `may_set`, if the sender were proven. statuses: that the ticket can have. clears: a name
    without a value takes the value off, where there can be none.
    """
    if not block.is_closed:
        return Commanded(refused=(Refused(Trouble.PARSE, ""),))
    reader = _Reader(names, language, may_set, could_set or may_set, statuses, clears=clears)
    for line in block.lines:
        if line.strip():
            reader.read(line.strip())
    return reader.result()


class _Reader:
    """Collects what lines say, one after the other; of two for one field the later counts."""

    def __init__(
        self,
        names: Names,
        language: str,
        may_set: Callable[[str], bool],
        could_set: Callable[[str], bool],
        statuses: Container[str],
        *,
        clears: bool,
    ) -> None:
        self._names, self._may_set, self._could_set, self._statuses = names, may_set, could_set, statuses
        self._clears = clears
        self._language = LANGUAGES.get(language, UNKNOWN)
        self._fields = {name.casefold(): each for each in reversed(names.fields) for name in (each.key, each.label)}
        self._built_in = _built_in(language)
        self._values: dict[str, tuple[Field, Value | None]] = {}
        self._columns: dict[str, str | int | None] = {}
        self._tags: tuple[str, ...] = ()
        self._refused: list[Refused] = []

    def read(self, line: str) -> None:
        """The line is followed or refused."""
        found = _LINE.fullmatch(line)
        if found is None:
            self._refuse(Trouble.PARSE, line)
            return
        name, text = folded(found[1]), found[2].strip()
        known, built_in = self._fields.get(name), self._built_in.get(name)
        key = f"{CUSTOM}{known.key}" if known else str(built_in)
        if known is None and built_in is None:
            self._refuse(Trouble.UNKNOWN, line)
        elif not self._may_set(key):
            self._refuse(Trouble.RIGHT, line, UNPROVEN if self._could_set(key) else "")
        elif known is not None:
            self._take_value(known, text, line)
        elif built_in is not None:
            self._take_built_in(built_in, text, line)

    def result(self) -> Commanded:
        """Everything that was said."""
        return Commanded(
            values=tuple(self._values.values()),
            columns=self._columns,
            tags=self._tags,
            refused=tuple(self._refused),
        )

    def _take_value(self, known: Field, text: str, line: str) -> None:
        try:
            value = read_value(known, text, language=self._language)
        except BadValue as bad:
            self._refuse(Trouble.VALUE, line, bad.sentence)
            return
        if value is None and not self._clears:
            self._refuse(Trouble.VALUE, line)
        else:
            self._values[known.key] = (known, value)

    def _take_built_in(self, kind: BuiltIn, text: str, line: str) -> None:
        words = _words(text) if kind is BuiltIn.TAGS else ()
        value = self._value(kind, folded(text))
        if words:
            self._tags = words
        elif not text and self._clears and kind in CAN_BE_NONE:
            self._columns[COLUMNS[kind]] = None
        elif not value:
            self._refuse(Trouble.VALUE, line, _nobody() if kind is BuiltIn.ASSIGNEE else "")
        elif kind is BuiltIn.STATUS and value not in self._statuses:
            self._refuse(Trouble.VALUE, line, _("cannot follow the status that the ticket has"))
        else:
            self._columns[COLUMNS[kind]] = value

    def _value(self, kind: BuiltIn, word: str) -> str | int | None:
        levels = {BuiltIn.PRIORITY: PRIORITIES, BuiltIn.STATUS: STATUSES}.get(kind)
        if levels is None:
            return self._names.ids.get(kind, {}).get(word)
        return levels.get(self._language.code, {}).get(word) or levels["en"].get(word)

    def _refuse(self, trouble: Trouble, line: str, why: str = "") -> None:
        self._refused.append(Refused(trouble, line[:_SHOWN_CHARS], why))


def _words(text: str) -> tuple[str, ...]:
    """Names of tags; none if one of them is no name."""
    words = tuple(" ".join(word.split()) for word in re.split(r"[,;]", text) if word.strip())
    return words if all(len(word) <= MAX_TAG_CHARS for word in words) else ()


def _built_in(language: str) -> Mapping[str, BuiltIn]:
    return {word: kind for code in ("en", language) for word, kind in BUILT_IN.get(code, {}).items()}


def _nobody() -> str:
    return _("names nobody who can be given tickets, or more than one. An e-mail address names one.")
