"""What admins hear about at once: written to the audit trail, and due to be mailed by `notifying`.

Comes from `health` (a mailbox that cannot be read), `outgoing_servers` (one that refuses our log-in), `tokens` (a
provider that refuses a new token) and `forecasting` (what ends soon).
"""

from __future__ import annotations

from django.db import models

from helpdesk.accounts.services import audit
from helpdesk.accounts.services.audit import Changes
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.state import required_organization_id

OUTAGE, RECOVERY = "mailbox.outage", "mailbox.recovered"
SENDING_OUTAGE, SENDING_RECOVERY = "outbox.server_paused", "outbox.server_recovered"
EXPIRY = "mailbox.expires_soon"
GRANT_FAILED, GRANT_RECOVERED = "mailbox.token_refused", "mailbox.token_recovered"


def tell_admins(action: str, *, target: models.Model, changes: Changes, label: str = "") -> None:
    """The audit trail says it, and a mail to the admins is due. Inside the transaction that changes the target."""
    entry = audit.record(action, target=target, changes=changes, label=label, origin="worker")
    work.enqueue(WorkKind.NOTIFY, organization_id=required_organization_id(), row_id=entry.id)
    drains.wake(WorkKind.NOTIFY)
