"""App configuration of tenancy: the second wall is raised after every migrate."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class TenancyConfig(AppConfig):
    """Registers the checks, the sweep of stray files and, after migrations, the row-level policies."""

    name = "helpdesk.tenancy"
    label = "tenancy"

    def ready(self) -> None:
        from helpdesk.tenancy import checks, drains, rls, stray_files  # noqa: F401  models must be loaded first
        from helpdesk.tenancy.models import WorkKind

        drains.register(
            WorkKind.SWEEP_FILES,
            handler=stray_files.handle,
            queue="default",
            lease_s=stray_files.LEASE_S,
            slots=1,
            is_standing=True,
        )
        pre_migrate.connect(rls.before_migrate, sender=self, dispatch_uid="tenancy-rls")
        post_migrate.connect(rls.after_migrate, sender=self, dispatch_uid="tenancy-rls")
