"""Who has a ticket open, and who is writing on it. Browsers say so every eight seconds."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from helpdesk.accounts.models import Membership
from helpdesk.lib import clock
from ticketing.models import Presence, Ticket

STALE_S = 30


def note_presence(ticket: Ticket, *, member: Membership, is_writing: bool) -> None:
    """The member is here now. `writing_since` stays what it was while they go on writing."""
    now = clock.now()
    mine = Presence.objects.filter(ticket=ticket, membership=member)
    was = mine.first()
    since = (was.writing_since if was and was.is_writing else None) or now
    values = {"is_writing": is_writing, "writing_since": since if is_writing else None, "seen_at": now}
    if was is not None:
        mine.update(**values)
        return
    try:
        with transaction.atomic():
            Presence.objects.create(ticket=ticket, membership=member, **values)
    except IntegrityError:  # another window of the same person came first
        mine.update(**values)


def note_absence(ticket: Ticket, *, member: Membership) -> None:
    """The member has left the ticket."""
    Presence.objects.filter(ticket=ticket, membership=member).delete()


def others_on(ticket: Ticket, *, member: Membership) -> list[Presence]:
    """The others who are here now, those who write first, with their users."""
    present = Presence.objects.filter(ticket=ticket, seen_at__gte=clock.in_seconds(-STALE_S))
    rows = present.exclude(membership=member).select_related("membership__user")
    return list(rows.order_by("-is_writing", "writing_since", "id")[:20])
