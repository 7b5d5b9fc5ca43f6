"""A person says that a paused outgoing server takes our log-in again."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib.errors import DomainError
from mailboxes.models import OutgoingServer
from mailboxes.services.sending.pauses import resume_server


@transaction.atomic
def resume_paused(server: OutgoingServer, *, actor: Membership) -> int:
    """What waits for the server is due now; gives the number of mails. Raises DomainError (not_paused)."""
    if not OutgoingServer.objects.filter(id=server.id).exclude(paused_at=None).exists():
        raise DomainError(_("The outgoing server is not paused any more."), code="not_paused")
    waiting = resume_server(server)
    audit.record("outbox.server_resumed", target=server, actor=actor, label=server.label)
    return waiting
