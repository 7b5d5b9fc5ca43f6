"""App configuration of mailboxes."""

from __future__ import annotations

from django.apps import AppConfig


class MailboxesConfig(AppConfig):
    """Moves mail bytes between servers and the ledger."""

    name = "mailboxes"

    def ready(self) -> None:
        from django.conf import settings

        from helpdesk.tenancy import drains
        from helpdesk.tenancy.models import WorkKind
        from mailboxes.services import notifying, polling

        drains.register(WorkKind.POLL, handler=polling.handle, queue="poll", lease_s=lambda: settings.LEASE_S)
        drains.register(WorkKind.NOTIFY, handler=notifying.handle, queue="default", lease_s=notifying.LEASE_S)
