"""Whether somebody has set this installation up: the first run happens once."""

from __future__ import annotations

from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from helpdesk.tenancy.models import Installation

ROW_ID = 1


def is_empty() -> bool:
    """True until the first organization was made, however it was made."""
    is_done = Installation.objects.filter(id=ROW_ID, first_run_done_at__isnull=False).exists()
    return not is_done and not Organization.objects.exists()


def mark_set_up() -> bool:
    """The first run is over; True for the one caller who ended it. Inside the caller's transaction.

    On PostgreSQL a second caller waits here until the first has committed or rolled back.
    """
    Installation.objects.get_or_create(id=ROW_ID)
    return Installation.objects.filter(id=ROW_ID, first_run_done_at=None).update(first_run_done_at=clock.now()) == 1
