"""App configuration of mailboxes."""

from __future__ import annotations

from django.apps import AppConfig


class MailboxesConfig(AppConfig):
    """Moves mail bytes between servers and the ledger."""

    name = "mailboxes"
