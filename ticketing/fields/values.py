"""What a value of a custom field may be. Values are JSON: text, number, true or false, a date as text, a list of words.

Pages and programs give them; mail gives text, which `reading.py` turns into them. A value of files names attachments
of the ticket's messages: their bytes stand there, once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from helpdesk.lib.errors import DomainError
from helpdesk.lib.text import clean_line, clean_text
from ticketing.models.fields import FieldKind, TicketField

FileRef = dict[str, str | int]  # id (of `Attachment.public_id`), filename, content_type, size_bytes
Value = str | int | float | bool | list[str] | list[FileRef]

MAX_TEXT_CHARS = 400
MAX_LONG_CHARS = 20_000
MAX_FILES = 50  # of a field; the newest stay
_MOST = 10**15  # beyond it a number loses digits in JSON


class BadValue(DomainError):
    """The field cannot have this value; the sentence says what it can have."""

    code = "field_value"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Field:
    """A field as values are held against it."""

    key: str
    label: str
    kind: FieldKind
    choices: tuple[str, ...] = ()
    is_active: bool = True

    @property
    def holds_files(self) -> bool:
        """True where no text is a value: files of the ticket's messages are."""
        return self.kind is FieldKind.FILES


def field_of(row: TicketField) -> Field:
    """The field of a row."""
    return Field(row.key, row.label, FieldKind(row.kind), tuple(row.choices), row.is_active)


def clean_value(field: Field, given: object) -> Value | None:
    """The value as it is stored; None for an empty one, which takes the field off the ticket.

    given: JSON. Raises BadValue.
    """
    if given is None or given == "" or given == []:
        return None
    return _CLEANED[field.kind](field, given)


def shown(kind: str, value: object) -> str:
    """The value for people; "" for none. kind: FieldKind; a value that is none of it is shown as it is."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(words_in(value))
    if kind == FieldKind.DATE:
        day = _day(str(value))
        return str(date_format(day, "DATE_FORMAT")) if day else str(value)
    return str(value)


def words_in(value: Iterable[object]) -> list[str]:
    """The words of a list, or the names of its files."""
    return [str(each.get("filename", "")) if isinstance(each, dict) else str(each) for each in value]


def file_refs(value: object) -> list[FileRef]:
    """The files that the value names; none for a value of another kind."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def newest_files(refs: Iterable[FileRef]) -> list[FileRef]:
    """Each file once, in order; of too many the newest."""
    return list({ref["id"]: ref for ref in refs}.values())[-MAX_FILES:]


def chosen(field: Field, word: str) -> str:
    """The choice that the word is, whatever its case. Raises BadValue naming the choices."""
    folded = " ".join(word.split()).casefold()
    for choice in field.choices:
        if choice.casefold() == folded:
            return choice
    words = ", ".join(field.choices[:20])
    raise BadValue(_("%(field)s is one of these: %(words)s.") % {"field": field.label, "words": words})


def _text(field: Field, given: object) -> str | None:
    if not isinstance(given, str):
        raise BadValue(_("%(field)s is text.") % {"field": field.label})
    is_long = field.kind == FieldKind.LONG_TEXT
    text = clean_text(given.replace("\r\n", "\n")).strip() if is_long else " ".join(clean_line(given).split())
    most = MAX_LONG_CHARS if is_long else MAX_TEXT_CHARS
    if len(text) > most:
        raise BadValue(_("%(field)s has at most %(count)d characters.") % {"field": field.label, "count": most})
    return text or None


def _number(field: Field, given: object) -> int | float:
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or not isinstance(given, int | float) or not math.isfinite(given) or abs(given) >= _MOST:
        raise BadValue(_("%(field)s is a number.") % {"field": field.label})
    return int(given) if given == int(given) else given


def _date(field: Field, given: object) -> str:
    day = _day(given) if isinstance(given, str) else None
    if day is None:
        raise BadValue(_("%(field)s is a date like 2027-01-31.") % {"field": field.label})
    return day.isoformat()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _yes_no(field: Field, given: object) -> bool:
    if not isinstance(given, bool):
        raise BadValue(_("%(field)s is yes or no.") % {"field": field.label})
    return given


def _choice(field: Field, given: object) -> str:
    return chosen(field, given if isinstance(given, str) else "")


def _choices(field: Field, given: object) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise BadValue(_("%(field)s is a list of words.") % {"field": field.label})
    wanted = {chosen(field, each) for each in given}
    return [choice for choice in field.choices if choice in wanted]


def _files(field: Field, given: object) -> list[FileRef]:
    """The files that are named by id. Whether the ticket has them, and all but the id, is for who knows the ticket."""
    try:
        refs = [_file(each) for each in given] if isinstance(given, list) else None
    except (AttributeError, KeyError, TypeError, ValueError):
        refs = None
    if refs is None:
        raise BadValue(_("%(field)s is a list of files of the ticket's messages.") % {"field": field.label})
    return newest_files(refs)


def _file(given: object) -> FileRef:
    named: dict[str, Any] = given if isinstance(given, dict) else {"id": given}
    rest: FileRef = {name: named[name] for name in ("filename", "content_type", "size_bytes") if name in named}
    return {"id": str(UUID(named["id"])), **rest}


_CLEANED: dict[FieldKind, Callable[[Field, object], Value | None]] = {
    FieldKind.TEXT: _text,
    FieldKind.LONG_TEXT: _text,
    FieldKind.NUMBER: _number,
    FieldKind.DATE: _date,
    FieldKind.YES_NO: _yes_no,
    FieldKind.CHOICE: _choice,
    FieldKind.CHOICES: _choices,
    FieldKind.FILES: _files,
}
