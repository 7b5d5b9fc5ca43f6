"""An organization's running numbers: ticket numbers and event positions.

Take them as the last thing before the rows are written: the counters' row stays locked until commit, which is what
makes positions follow commit order, and what others wait for.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from helpdesk.tenancy.state import required_organization_id


@dataclass(frozen=True)
class Numbers:
    """The last number of each run that was taken; the run ends with it."""

    ticket_number: int
    event_position: int


def take(*, tickets: int = 0, events: int = 0) -> Numbers:
    """So many ticket numbers and event positions are the caller's. Inside the caller's transaction and scope."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_counters SET ticket_number = ticket_number + %s, event_position = event_position + %s"
            " WHERE organization_id = %s RETURNING ticket_number, event_position",
            [tickets, events, required_organization_id()],
        )
        ticket_number, event_position = cursor.fetchone()
    return Numbers(ticket_number=ticket_number, event_position=event_position)
