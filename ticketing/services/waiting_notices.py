"""Mail that waits for a person, held or in quarantine: the admins are told, a while later and of all at once.

The audit trail gets an entry and a mail about it is due after DELAY; what begins to wait until then needs none of its
own. So nothing waits untold, and a flood of it is one mail in DELAY.
"""

from __future__ import annotations

from datetime import timedelta

from helpdesk.accounts.models import AuditEntry
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.state import required_organization_id
from mailboxes.models import Mailbox

HELD, QUARANTINED = "mail.held", "mail.quarantined"
DELAY = timedelta(minutes=10)


def note_waiting(action: str, *, mailbox_id: int) -> None:
    """A mail that tells the admins is due, unless one is on its way. Inside the transaction of the verdict."""
    moment = clock.now()
    if AuditEntry.objects.filter(action=action, at__gt=moment - DELAY).exists():
        return
    mailbox = Mailbox.objects.get(pk=mailbox_id)
    entry = audit.record(action, target=mailbox, label=mailbox.name, origin="worker")
    work.enqueue(WorkKind.NOTIFY, organization_id=required_organization_id(), row_id=entry.pk, due_at=moment + DELAY)
