"""An organization's running numbers: ticket numbers and event positions.

Take them as the last thing before the rows are written: the counters' row stays locked until commit, which is what
makes positions follow commit order, and what others wait for.

Whoever follows what happens in an organization (`is_followed`) is due with the very transaction that takes positions:
no writer of events can forget it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection
from django.db.models import Model

from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.state import required_organization_id

_UPDATE = (
    "UPDATE accounts_counters SET ticket_number = ticket_number + %s, event_position = event_position + %s"
    " WHERE organization_id = %s RETURNING "
)
_TAKEN = ("ticket_number", "event_position", "is_followed")


@dataclass(frozen=True)
class Numbers:
    """The last number of each run that was taken; the run ends with it."""

    ticket_number: int
    event_position: int
    ids: tuple[int, ...] = ()  # for rows to be


def take(*, tickets: int = 0, events: int = 0, rows: Sequence[type[Model]] = ()) -> Numbers:
    """So many ticket numbers and event positions are the caller's, and an id for a new row of each of these models.

    Inside the caller's transaction and scope; the rows are inserted in the same transaction.
    """
    organization_id = required_organization_id()
    tables = [str(model._meta.db_table) for model in rows]
    with connection.cursor() as cursor:
        sequences = [_sequence(table) for table in tables] if connection.vendor == "postgresql" else []
        cursor.execute(_UPDATE + ", ".join([*_TAKEN, *sequences]), [tickets, events, organization_id])
        ticket_number, event_position, is_followed, *ids = cursor.fetchone()
    if events and is_followed:
        work.enqueue(WorkKind.FOLLOW, organization_id=organization_id, row_id=organization_id)
        drains.wake(WorkKind.FOLLOW)
    if connection.vendor != "postgresql":
        ids = _next_ids(tables)
    return Numbers(ticket_number=ticket_number, event_position=event_position, ids=tuple(ids))


@lru_cache
def _sequence(table: str) -> str:
    """What gives the next id of the table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
        (name,) = cursor.fetchone()
    return f"nextval('{name}')"


def _next_ids(tables: Sequence[str]) -> list[int]:
    """On SQLite, where nobody else can insert before this transaction ends."""
    if not tables:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, seq FROM sqlite_sequence")
        last: dict[str, int] = dict(cursor.fetchall())
    return [last.get(table, 0) + 1 for table in tables]
