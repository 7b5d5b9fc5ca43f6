"""Search by the values of fields: the words under which values stand in the index, and `name:value` in what is asked.

A word of a field has letters that no word of a text has (those are all small): text cannot pretend to be a value. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ticketing.fields.reading import read_value
from ticketing.fields.values import BadValue, Field, Value, words_in
from ticketing.models.fields import FieldKind
from ticketing.search_words import words_of

MIN_PREFIX_CHARS = 3
MAX_WORDS_OF_FIELD = 500
_UNDERSCORE, _BEFORE_VALUE = "\u00d8", "\u00de"
_TERM = re.compile(r'(?<!\S)(?:"([^":]{1,60})"|([^\s":]{1,60})):(?:"([^"]{0,200})"|(\S{1,200}))')


@dataclass(frozen=True, slots=True)
class Asked:
    """What is searched for."""

    words: str  # anywhere in a ticket
    terms: tuple[str, ...] = ()  # words of fields, a star behind those of which the beginning is enough


def words_of_fields(values: Mapping[str, Value]) -> list[str]:
    """Under what a ticket with these values, by key, is found: the words of their texts, and the same by field."""
    found: dict[str, None] = {}
    for key, value in values.items():
        words, mark = _plain(value)[:MAX_WORDS_OF_FIELD], _marked(key, "")
        found |= dict.fromkeys(words)
        found |= dict.fromkeys(mark + word for word in words)
        for word in _exact(value):
            found[_marked(key, word)] = None
    return list(found)


def parted(text: str, *, fields: Sequence[Field]) -> Asked:
    """The text without `name:value`, and those as words of fields. What names no field is text like any other.

    Names are keys or labels; those of several words stand in quotes, as do such values.
    """
    known = {name.casefold(): each for each in reversed(fields) for name in (each.key, each.label)}
    terms: dict[str, None] = {}

    def take(found: re.Match[str]) -> str:
        field = known.get((found[1] or found[2]).casefold())
        words = list(_asked(field, found[3] or found[4] or "")) if field is not None else []
        terms.update(dict.fromkeys(words))
        return " " if words else found[0]

    words = _TERM.sub(take, text)
    return Asked(words.strip(), tuple(terms))


def names_fields(text: str) -> bool:
    """False where no field can be meant, so that nobody has to look any up."""
    return _TERM.search(text) is not None


def _asked(field: Field, text: str) -> Iterator[str]:
    """The words of the field that a ticket must have."""
    if field.kind in (FieldKind.NUMBER, FieldKind.YES_NO):
        try:
            value = read_value(field, text)
        except BadValue:
            value = None
        yield from (_marked(field.key, word) for word in _exact(value))
    elif field.kind == FieldKind.DATE:
        digits = re.sub(r"\D", "", text)
        if digits:
            yield f"{_marked(field.key, digits)}*"
    else:
        for word in words_of(text):
            is_beginning = len(word) >= MIN_PREFIX_CHARS or not word.isascii()
            yield _marked(field.key, word) + ("*" if is_beginning else "")


def _plain(value: Value) -> list[str]:
    """What is found without naming the field."""
    if isinstance(value, bool):
        return []
    return words_of("\n".join(words_in(value)) if isinstance(value, list) else str(value))


def _exact(value: Value | None) -> Iterable[str]:
    """What stands for the whole of a number, a date, or yes and no."""
    if isinstance(value, bool):
        return ("yes",) if value else ("no",)
    if isinstance(value, int | float):
        return (str(value).replace(".", "P").replace("-", "M").replace("+", ""),)
    is_date = isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)
    return (value.replace("-", ""),) if isinstance(value, str) and is_date else ()


def _marked(key: str, word: str) -> str:
    return f"{key.upper().replace('_', _UNDERSCORE)}{_BEFORE_VALUE}{word}"
