"""How many messages servers showed us in each of the last 24 hours, in one query for any number of mailboxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncHour

from helpdesk.lib import clock
from mailboxes.models import RemoteMessage

HOURS = 24
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Arrivals:
    """One mailbox's last 24 hours, the hour that is not over included; oldest first."""

    first_hour_at: datetime
    seen: tuple[int, ...]
    tickets: tuple[int, ...]  # of `seen`, what belongs to a ticket

    @property
    def total(self) -> int:
        """Messages in all 24 hours."""
        return sum(self.seen)

    def hours_since(self, moment: datetime | None) -> int:
        """How many of the last hours began at this moment or later, the one it lies in included; 0 for None."""
        if moment is None:
            return 0
        return sum(self.first_hour_at + (hour + 1) * _HOUR > moment for hour in range(HOURS))


def arrivals_of(mailbox_ids: Sequence[int]) -> dict[int, Arrivals]:
    """The last 24 hours of each of these mailboxes. One query."""
    first = clock.now().replace(minute=0, second=0, microsecond=0) - (HOURS - 1) * _HOUR
    seen = {mailbox_id: [0] * HOURS for mailbox_id in mailbox_ids}
    tickets = {mailbox_id: [0] * HOURS for mailbox_id in mailbox_ids}
    rows = (
        RemoteMessage.objects.filter(seen_at__gte=first, resighting_of=None, mailbox_id__in=list(mailbox_ids))
        .annotate(hour=TruncHour("seen_at", tzinfo=UTC))
        .values_list("mailbox_id", "hour")
        .annotate(seen=Count("id"), tickets=Count("ticket_id"))
    )
    for mailbox_id, hour, count, with_ticket in rows:
        position = min(int((hour - first) / _HOUR), HOURS - 1)  # beyond it only if the clock was turned back
        seen[mailbox_id][position] += count
        tickets[mailbox_id][position] += with_ticket
    return {each: Arrivals(first, tuple(seen[each]), tuple(tickets[each])) for each in mailbox_ids}
