"""An organization's running numbers: ticket numbers and event positions.

Take them as the last thing before the rows are written: the counters' row stays locked until commit, which is what
makes positions follow commit order, and what others wait for.

Whoever follows what happens in an organization (`is_followed`) is due with the very transaction that takes positions:
no writer of events can forget it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.state import required_organization_id


@dataclass(frozen=True)
class Numbers:
    """The last number of each run that was taken; the run ends with it."""

    ticket_number: int
    event_position: int


def take(*, tickets: int = 0, events: int = 0) -> Numbers:
    """So many ticket numbers and event positions are the caller's. Inside the caller's transaction and scope."""
    organization_id = required_organization_id()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_counters SET ticket_number = ticket_number + %s, event_position = event_position + %s"
            " WHERE organization_id = %s RETURNING ticket_number, event_position, is_followed",
            [tickets, events, organization_id],
        )
        ticket_number, event_position, is_followed = cursor.fetchone()
    if events and is_followed:
        work.enqueue(WorkKind.FOLLOW, organization_id=organization_id, row_id=organization_id)
        drains.wake(WorkKind.FOLLOW)
    return Numbers(ticket_number=ticket_number, event_position=event_position)
