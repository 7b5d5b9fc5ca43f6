"""Pages by keyset: the next one begins after the last row shown, so page 1,000 costs as much as page 1.

The cursor is opaque text in the address. It is not signed, since it can only choose a place in rows that the query
allows anyway; text that is no cursor means the first page.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Field, Model, Q, QuerySet
from django.utils.timezone import is_naive

M = TypeVar("M", bound=Model)
PAGE_SIZE = 50
MAX_CURSOR_LENGTH = 1024


@dataclass(frozen=True)
class Page(Generic[M]):
    """Some rows in order, and the cursors of what lies before and behind."""

    rows: list[M]
    next: str = ""  # cursor; empty: this is the last page
    previous: str = ""  # cursor; empty: this is the first page


def paginate(
    queryset: QuerySet[M], *, order_by: Sequence[str], cursor: str = "", page_size: int = PAGE_SIZE
) -> Page[M]:
    """At most `page_size` rows of the queryset from the cursor on. One query; two if the way back meets the start.

    order_by: columns as in Django, "-" for descending. Together they must be unique (end with the key) and none may
    hold NULL. Relations are followed by "__"; select them, or each cursor costs a query.
    """
    model = queryset.model
    place = _read_cursor(cursor, model=model, order_by=order_by)
    if place is None:
        return _forward(queryset.order_by(*order_by), order_by=order_by, size=page_size, is_first=True)
    is_backward, values = place
    if not is_backward:
        later = queryset.filter(beyond(order_by, values=values)).order_by(*order_by)
        return _forward(later, order_by=order_by, size=page_size, is_first=False)
    reverse = [_turned(column) for column in order_by]
    rows = list(queryset.filter(beyond(reverse, values=values)).order_by(*reverse)[: page_size + 1])
    if len(rows) <= page_size:  # the start: show a full first page, not the few rows before the cursor
        return _forward(queryset.order_by(*order_by), order_by=order_by, size=page_size, is_first=True)
    rows = rows[:page_size][::-1]
    return Page(
        rows=rows,
        next=_write_cursor(rows[-1], order_by=order_by, backward=False),
        previous=_write_cursor(rows[0], order_by=order_by, backward=True),
    )


def first_page(rows: list[M], *, order_by: Sequence[str], page_size: int = PAGE_SIZE) -> Page[M]:
    """`paginate` without a cursor, of rows that came in this order; one more than the page shows if there are more."""
    shown = rows[:page_size]
    has_more = len(rows) > page_size
    return Page(rows=shown, next=_write_cursor(shown[-1], order_by=order_by, backward=False) if has_more else "")


def is_cursor(text: str, *, model: type[Model], order_by: Sequence[str]) -> bool:
    """True if the text chooses a place in this order; for those who would rather refuse than begin anew."""
    return _read_cursor(text, model=model, order_by=order_by) is not None


def beyond(order_by: Sequence[str], *, values: Sequence[Any]) -> Q:
    """Rows that come after these values in this order.

    The first column is bounded once more outside the OR: an index can start there.
    """
    either = Q()
    equal = Q()
    for column, value in zip(order_by, values, strict=True):
        either |= equal & Q(**{f"{_name(column)}__{'lt' if column.startswith('-') else 'gt'}": value})
        equal &= Q(**{_name(column): value})
    first = order_by[0]
    return Q(**{f"{_name(first)}__{'lte' if first.startswith('-') else 'gte'}": values[0]}) & either


def _forward(ordered: QuerySet[M], *, order_by: Sequence[str], size: int, is_first: bool) -> Page[M]:
    page = first_page(list(ordered[: size + 1]), order_by=order_by, page_size=size)
    if is_first or not page.rows:
        return page
    return replace(page, previous=_write_cursor(page.rows[0], order_by=order_by, backward=True))


def _write_cursor(row: Model, *, order_by: Sequence[str], backward: bool) -> str:
    values = [_value(row, _name(column)) for column in order_by]
    text = json.dumps(["b" if backward else "f", *values], cls=_Encoder, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, *, model: type[Model], order_by: Sequence[str]) -> tuple[bool, list[Any]] | None:
    if not cursor or len(cursor) > MAX_CURSOR_LENGTH:
        return None
    try:
        decoded = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(decoded, list) or len(decoded) != len(order_by) + 1 or decoded[0] not in ("b", "f"):
            return None
        fields = (_field(model, _name(column)) for column in order_by)
        values = [_checked(field, value) for field, value in zip(fields, decoded[1:], strict=True)]
    except (binascii.Error, ValueError, RecursionError, TypeError, OverflowError, ValidationError):
        return None
    return decoded[0] == "b", values


def _checked(field: Field[Any, Any], value: Any) -> Any:
    """The value as the database takes it. Raises ValueError or ValidationError for what it would refuse."""
    if not isinstance(value, str | int) or (isinstance(value, str) and "\x00" in value):
        raise ValueError
    if isinstance(value, str):
        value.encode()  # lone surrogates raise UnicodeEncodeError, a ValueError
    python_value = field.to_python(value)
    field.run_validators(python_value)
    if isinstance(python_value, datetime):
        if is_naive(python_value):
            raise ValueError
        return python_value.astimezone(UTC)
    return python_value


def _field(model: type[Model], name: str) -> Field[Any, Any]:
    *path, last = name.split("__")
    for step in path:
        related = model._meta.get_field(step).related_model
        if not isinstance(related, type):
            raise FieldDoesNotExist(name)
        model = related
    field = model._meta.pk if last == "pk" else model._meta.get_field(last)
    if not isinstance(field, Field):
        raise FieldDoesNotExist(name)
    return field


def _value(row: Any, name: str) -> Any:
    for step in name.split("__"):
        row = getattr(row, step)
    return row


class _Encoder(DjangoJSONEncoder):
    """Keeps microseconds, which the JSON of Django cuts to milliseconds: the cursor would miss its own row."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


def _name(column: str) -> str:
    return column.removeprefix("-")


def _turned(column: str) -> str:
    return column.removeprefix("-") if column.startswith("-") else f"-{column}"
