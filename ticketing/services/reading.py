"""What a member has read."""

from __future__ import annotations

from helpdesk.accounts.models import Membership
from ticketing.models import Ticket, TicketRead


def mark_read(ticket: Ticket, *, reader: Membership) -> None:
    """Everything up to the ticket's newest event counts as read by the member; never less than before."""
    changed = TicketRead.objects.filter(ticket=ticket, membership=reader, position__lt=ticket.last_position).update(
        position=ticket.last_position
    )
    if not changed:
        TicketRead.objects.bulk_create(
            [TicketRead(ticket=ticket, membership=reader, position=ticket.last_position)], ignore_conflicts=True
        )


def mark_unread(ticket: Ticket, *, reader: Membership) -> None:
    """The ticket counts as unread by the member."""
    TicketRead.objects.filter(ticket=ticket, membership=reader).delete()
