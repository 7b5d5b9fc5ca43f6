"""App configuration of tenancy: the second wall is raised after every migrate."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TenancyConfig(AppConfig):
    """Registers the checks and, after migrations, the row-level policies."""

    name = "helpdesk.tenancy"
    label = "tenancy"

    def ready(self) -> None:
        from helpdesk.tenancy import checks, rls  # noqa: F401  models must be loaded first

        post_migrate.connect(rls.after_migrate, sender=self, dispatch_uid="tenancy-rls")
