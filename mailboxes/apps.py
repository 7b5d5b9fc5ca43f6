"""App configuration of mailboxes."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class MailboxesConfig(AppConfig):
    """Moves mail bytes between servers and the ledger."""

    name = "mailboxes"

    def ready(self) -> None:
        """Each kind of due work that is ours has its handler."""
        from helpdesk.tenancy import drains
        from helpdesk.tenancy.models import WorkKind
        from mailboxes.services.delivering import deliver

        drains.register(WorkKind.DELIVER, handler=deliver, queue="outbound", lease_s=lambda: settings.LEASE_S)
