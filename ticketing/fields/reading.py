"""Values of custom fields out of text: what was typed on a page, and what stands in a mail.

Numbers, dates and the words for yes and no depend on the language. Where none is known, what could mean two things is
refused rather than guessed. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from ticketing.fields.values import BadValue, Field, Value, chosen, clean_value
from ticketing.models.fields import FieldKind


@dataclass(frozen=True, slots=True)
class Language:
    """How people of one language write values."""

    code: str  # "" where it is unknown
    decimal: str
    day_first: bool  # 31.1.2027 and 31/1/2027 are understood
    yes: frozenset[str]  # casefolded
    no: frozenset[str]


_YES, _NO = ("yes", "y", "true", "1", "x"), ("no", "n", "false", "0")


def _language(code: str, *, decimal: str, day_first: bool, yes: tuple[str, ...], no: tuple[str, ...]) -> Language:
    return Language(code, decimal, day_first, frozenset((*_YES, *yes)), frozenset((*_NO, *no)))


UNKNOWN = _language("", decimal="", day_first=False, yes=(), no=())
LANGUAGES: dict[str, Language] = {
    each.code: each
    for each in (
        _language("en", decimal=".", day_first=False, yes=(), no=()),
        _language("de", decimal=",", day_first=True, yes=("ja", "j", "wahr"), no=("nein", "falsch")),
        _language("fr", decimal=",", day_first=True, yes=("oui", "o", "vrai"), no=("non", "faux")),
        _language("es", decimal=",", day_first=True, yes=("sí", "si", "s"), no=()),
        _language("it", decimal=",", day_first=True, yes=("sì", "si", "s", "vero"), no=("falso",)),
        _language("nl", decimal=",", day_first=True, yes=("ja", "j", "waar"), no=("nee", "onwaar")),
        _language("pt", decimal=",", day_first=True, yes=("sim", "s"), no=("não", "nao")),
    )
}
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")


def read_value(field: Field, text: str, *, language: Language = UNKNOWN) -> Value | None:
    """The value that the text says; None for an empty text. Raises BadValue."""
    plain = text.strip()
    if not plain:
        return None
    read = _READ.get(field.kind)
    return clean_value(field, read(field, plain, language) if read else plain)


def read_typed(field: Field, texts: list[str]) -> Value | None:
    """The value that was typed or chosen on a page. Raises BadValue."""
    if field.kind in (FieldKind.CHOICES, FieldKind.FILES):
        return clean_value(field, [text for text in texts if text])
    return read_value(field, texts[-1] if texts else "")


def _number(field: Field, text: str, language: Language) -> int | float:
    tight = "".join(text.split()).replace("\u2019", "").replace("'", "")
    plain = _point(tight, language.decimal)
    if not _NUMBER.fullmatch(plain):
        raise BadValue(_("%(field)s is a number.") % {"field": field.label})
    return float(plain) if "." in plain else int(plain)


def _point(text: str, decimal: str) -> str:
    """With a point before the fraction and nothing between thousands, where those stand as they should."""
    if not decimal:
        return text.replace(",", ".", 1) if "." not in text else text
    thousands = "," if decimal == "." else "."
    grouped = re.fullmatch(rf"[+-]?\d{{1,3}}(?:\{thousands}\d{{3}})+(?:\{decimal}\d+)?", text)
    if thousands in text and not grouped:
        return ""
    return text.replace(thousands, "").replace(decimal, ".")


def _date(field: Field, text: str, language: Language) -> str:
    found = _DAY_FIRST.fullmatch(text) if language.day_first else None
    if found is None:
        return text
    day, month, year = (int(part) for part in found.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError as error:
        raise BadValue(_("%(field)s is a date like 2027-01-31.") % {"field": field.label}) from error


def _yes_no(field: Field, text: str, language: Language) -> bool:
    word = text.casefold()
    if word in language.yes:
        return True
    if word in language.no:
        return False
    raise BadValue(_("%(field)s is yes or no.") % {"field": field.label})


def _choices(field: Field, text: str, language: Language) -> list[str]:
    del language
    return [chosen(field, word) for word in re.split(r"[,;\n]", text) if word.strip()]


_READ: dict[FieldKind, Callable[[Field, str, Language], object]] = {
    FieldKind.NUMBER: _number,
    FieldKind.DATE: _date,
    FieldKind.YES_NO: _yes_no,
    FieldKind.CHOICES: _choices,
}
