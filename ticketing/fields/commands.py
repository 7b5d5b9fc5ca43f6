"""Fields set in the body of a mail: lines of `Name: value` between two delimiter lines, the first with a heading. Pure.

--- Ticket details [en] ---
Priority: high
Order number: 1041
---
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ticketing.fields.command_words import BUILT_IN, PRIORITIES, BuiltIn
from ticketing.fields.reading import LANGUAGES, UNKNOWN, read_value
from ticketing.fields.values import BadValue, Field, Value

CUSTOM = "field:"  # before the key of a field that the organization has added, where rights name it
MAX_LINES = 100
MAX_TAG_CHARS = 30
_SHOWN_CHARS = 120
_CHARS = r"[-=~*_#+]"
_END = re.compile(rf"\s*{_CHARS}{{3,}}\s*")
_LINE = re.compile(r"\s*([^:：]{1,80}?)\s*[:：](.*)")


class Trouble(StrEnum):
    """Why a command was not followed."""

    PARSE = "parse"  # no line of `Name: value`, or the end is missing
    FIELD = "field"  # no such field, or no value for it
    RIGHT = "right"  # the sender may not set it


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that was not followed."""

    trouble: Trouble
    line: str
    why: str = ""  # of FIELD: what the field takes; in the language of the worker


@dataclass(frozen=True, slots=True)
class Block:
    """The lines between the delimiters."""

    lines: tuple[str, ...]
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Names:
    """What commands may name, as the organization has it."""

    fields: tuple[Field, ...] = ()
    teams: Mapping[str, int] = field(default_factory=dict)  # ids by casefolded name
    categories: Mapping[str, int] = field(default_factory=dict)  # ids by casefolded path


@dataclass(frozen=True, slots=True)
class Commanded:
    """What the commands of a mail set."""

    values: tuple[tuple[Field, Value], ...] = ()
    priority: str = ""
    team_id: int | None = None
    category_id: int | None = None
    tags: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()


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


def read_block(block: Block, *, names: Names, language: str, may_set: Callable[[str], bool]) -> Commanded:
    """What the lines set, and those that were not followed. Nothing of a block without an end is."""
    if not block.is_closed:
        return Commanded(refused=(Refused(Trouble.PARSE, ""),))
    reader = _Reader(names, language, may_set)
    for line in block.lines:
        if line.strip():
            reader.read(line.strip())
    return reader.result()


class _Reader:
    """Collects what lines say, one after the other; of two for one field the later counts."""

    def __init__(self, names: Names, language: str, may_set: Callable[[str], bool]) -> None:
        self._names, self._may_set = names, may_set
        self._language = LANGUAGES.get(language, UNKNOWN)
        self._fields = {name.casefold(): each for each in reversed(names.fields) for name in (each.key, each.label)}
        self._built_in = {word: kind for code in ("en", language) for word, kind in BUILT_IN.get(code, {}).items()}
        self._values: dict[str, tuple[Field, Value]] = {}
        self._set: dict[BuiltIn, object] = {}
        self._refused: list[Refused] = []

    def read(self, line: str) -> None:
        """The line is followed or refused."""
        found = _LINE.fullmatch(line)
        if found is None:
            self._refuse(Trouble.PARSE, line)
            return
        name, text = " ".join(found[1].split()).casefold(), found[2].strip()
        known, built_in = self._fields.get(name), self._built_in.get(name)
        if known is None and built_in is None:
            self._refuse(Trouble.FIELD, line)
        elif not self._may_set(f"{CUSTOM}{known.key}" if known else str(built_in)):
            self._refuse(Trouble.RIGHT, line)
        elif known is not None:
            self._take_value(known, text, line)
        elif built_in is not None:
            self._take_built_in(built_in, text, line)

    def result(self) -> Commanded:
        """Everything that was said."""
        return Commanded(
            values=tuple(self._values.values()),
            priority=str(self._set.get(BuiltIn.PRIORITY, "")),
            team_id=_id(self._set.get(BuiltIn.TEAM)),
            category_id=_id(self._set.get(BuiltIn.CATEGORY)),
            tags=_tags(self._set.get(BuiltIn.TAGS)),
            refused=tuple(self._refused),
        )

    def _take_value(self, known: Field, text: str, line: str) -> None:
        try:
            value = read_value(known, text, language=self._language)
        except BadValue as bad:
            self._refuse(Trouble.FIELD, line, bad.sentence)
            return
        if value is None:
            self._refuse(Trouble.FIELD, line)
        else:
            self._values[known.key] = (known, value)

    def _take_built_in(self, kind: BuiltIn, text: str, line: str) -> None:
        word = " ".join(text.split()).casefold()
        priorities = PRIORITIES["en"] | PRIORITIES.get(self._language.code, {})
        found: dict[BuiltIn, object] = {
            BuiltIn.PRIORITY: priorities.get(word),
            BuiltIn.TEAM: self._names.teams.get(word),
            BuiltIn.CATEGORY: self._names.categories.get(word),
            BuiltIn.TAGS: _words(text),
        }
        if found[kind]:
            self._set[kind] = found[kind]
        else:
            self._refuse(Trouble.FIELD, line)

    def _refuse(self, trouble: Trouble, line: str, why: str = "") -> None:
        self._refused.append(Refused(trouble, line[:_SHOWN_CHARS], why))


def _words(text: str) -> tuple[str, ...]:
    """Names of tags; none if one of them is no name."""
    words = tuple(" ".join(word.split()) for word in re.split(r"[,;]", text) if word.strip())
    return words if all(len(word) <= MAX_TAG_CHARS for word in words) else ()


def _id(found: object) -> int | None:
    return found if isinstance(found, int) else None


def _tags(found: object) -> tuple[str, ...]:
    return found if isinstance(found, tuple) else ()
