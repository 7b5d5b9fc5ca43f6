"""App configuration of accounts."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, organizations, memberships, teams, invitations and the audit trail."""

    name = "helpdesk.accounts"
    label = "accounts"

    def ready(self) -> None:
        from helpdesk.accounts import audit_targets
        from helpdesk.accounts.navigation import settings_items  # models must be loaded first
        from helpdesk.web.navigation import register_rail

        register_rail(settings_items)
        audit_targets.register()
