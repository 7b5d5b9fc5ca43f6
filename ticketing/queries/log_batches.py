"""What a person sees of what they began with many messages of the log."""

from __future__ import annotations

from helpdesk.accounts.models import Membership
from ticketing.models import LogBatch

_MOST = 5


def shown_batches(actor: Membership) -> list[LogBatch]:
    """The actor's own that are under way, or ended and not put away; the newest first. One query."""
    return list(LogBatch.objects.filter(membership=actor, dismissed_at=None).order_by("-id")[:_MOST])
