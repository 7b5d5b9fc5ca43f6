"""The value of a field as several tickets get it at once: posted by key, kept by a bulk change as one text."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ticketing.fields.reading import read_typed
from ticketing.fields.values import Field, field_of, shown
from ticketing.models import Ticket
from ticketing.queries.fields import field_keyed
from ticketing.services.field_values import set_field
from ticketing.services.history import By


def written_field(key: str, texts: Sequence[str]) -> str:
    """The field and what was typed or chosen for it, as one text."""
    return json.dumps([key, list(texts)])


def give_field(chosen: Sequence[Ticket], value: str, *, by: By) -> list[Ticket]:
    """The tickets have what `written_field` wrote; gives those that changed.

    Raises ValueError for what it did not write or an unknown field, BadValue and ChangeRefused as `set_field`.
    """
    field, texts = _read(value)
    return set_field(chosen, field=field, value=read_typed(field, texts), by=by)


def field_words(value: str) -> tuple[str, str]:
    """The name of the field, and the value for people; "" for none. Raises as `give_field`."""
    field, texts = _read(value)
    return field.label, shown(field.kind, read_typed(field, texts))


def _read(value: str) -> tuple[Field, list[str]]:
    read = json.loads(value)
    if not (isinstance(read, list) and len(read) == 2 and isinstance(read[0], str) and isinstance(read[1], list)):
        raise ValueError(value[:80])
    row = field_keyed(read[0])
    if row is None:
        raise ValueError(read[0])
    return field_of(row), [str(each) for each in read[1]]
