"""App configuration of accounts."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, organizations, memberships, teams, invitations and the audit trail."""

    name = "helpdesk.accounts"
    label = "accounts"
