"""How real time stands, as noted on the mailbox, and what any news comes to: the mailbox is polled."""

from __future__ import annotations

from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from mailboxes.models import Mailbox, RealTime


def note(mailbox_id: int, *, state: RealTime, reason: str = "") -> bool:
    """The mailbox says how it stands; True if that was otherwise before. In its organization's scope."""
    changed = Mailbox.objects.filter(id=mailbox_id).exclude(real_time=state, real_time_reason=reason)
    return bool(changed.update(real_time=state, real_time_reason=reason, real_time_since=clock.now()))


def wake(organization_id: int, mailbox_id: int) -> None:
    """The mailbox is polled as soon as a worker is free. Outside any scope."""
    work.ask_now(WorkKind.POLL, organization_id=organization_id, row_id=mailbox_id)
    drains.wake(WorkKind.POLL)
