"""Counts that stop counting: beyond the limit they say "999+" instead of scanning on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import IntegerField, QuerySet, Subquery

from helpdesk.tenancy.prepared import Parts, Prepared, Row

COUNT_LIMIT = 1000


@dataclass(frozen=True)
class BoundedCount:
    """A number that is exact below the limit."""

    number: int  # at most the limit
    limit: int = COUNT_LIMIT

    def __str__(self) -> str:
        """What people see: the number, or "999+"."""
        return str(self.number) if self.number < self.limit else f"{self.limit - 1}+"

    def __bool__(self) -> bool:
        return self.number > 0


def bounded_count(queryset: QuerySet[Any], limit: int = COUNT_LIMIT) -> BoundedCount:
    """How many rows there are; the database stops at `limit` rows."""
    return bounded_counts([queryset], limit=limit)[0]


def bounded_counts(querysets: Sequence[QuerySet[Any]], limit: int = COUNT_LIMIT) -> list[BoundedCount]:
    """How many rows each of them has, in one query; the database stops at `limit` rows of each."""
    statements = [_counting(queryset, limit=limit) for queryset in querysets]
    asked = [statement for statement in statements if statement is not None]
    numbers: list[int] = []
    if asked:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(sql for sql, _ in asked)}", [v for _, values in asked for v in values])
            numbers = list(cursor.fetchone())
    found = iter(numbers)
    return [BoundedCount(0 if statement is None else next(found), limit=limit) for statement in statements]


class NumberOf(Subquery):
    """How many rows a subquery gives, as one of the values of another query; slice it, so that it stops counting."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def prepared_counts(build: Callable[..., Sequence[QuerySet[Any]]]) -> Prepared[BoundedCount]:
    """`bounded_counts` of the querysets that `build` gives for some values, at least one; compiled once.

    A list among the values gives a queryset for each of its items.
    """
    return Prepared(build, parts=_parts, spreads_lists=True)


def _parts(querysets: Sequence[QuerySet[Any]]) -> Parts:
    statements = [_counting(queryset, limit=COUNT_LIMIT) or ("0", ()) for queryset in querysets]
    return Parts(
        sql=f"SELECT {', '.join(sql for sql, _ in statements)}",
        parameters=[value for _, values in statements for value in values],
        read=_read_counts,
    )


def _read_counts(rows: list[Row]) -> list[BoundedCount]:
    return [BoundedCount(number) for number in rows[0]]


def _counting(queryset: QuerySet[Any], *, limit: int) -> tuple[str, Sequence[Any]] | None:
    """The count as an expression, and its values; None when the queryset cannot have rows."""
    try:
        sql, values = queryset.order_by().values("pk")[:limit].query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return None
    return f"(SELECT COUNT(*) FROM ({sql}) counted)", values  # noqa: S608  a query of Django's own
