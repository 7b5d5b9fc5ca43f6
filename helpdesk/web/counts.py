"""Counts that stop counting: beyond the limit they say "999+" instead of scanning on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

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
    return BoundedCount(number=queryset.order_by()[:limit].count(), limit=limit)
