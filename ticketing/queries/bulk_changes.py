"""What an agent sees of their changes of many tickets: those under way, and those that ended and are not put away."""

from __future__ import annotations

from collections.abc import Sequence

from helpdesk.accounts.models import Membership
from helpdesk.tenancy.prepared import Prepared
from ticketing.models import BulkChange, BulkState

_MOST = 5
_SHOWN: Prepared[BulkChange] = Prepared(
    lambda actor: BulkChange.objects.filter(membership=actor, dismissed_at=None).order_by("-id")[:_MOST]
)


def shown_bulk_changes(actor: Membership) -> list[BulkChange]:
    """The actor's own, the newest first."""
    return _SHOWN.rows(actor=actor)


def running_ids(changes: Sequence[BulkChange]) -> list[str]:
    """Those that a worker is at."""
    return [str(change.pk) for change in changes if change.state == BulkState.RUNNING]
