"""Tickets from before search knew custom fields are to be found by them: workers do that, an organization at a time."""

from typing import Any

from django.db import migrations
from django.utils import timezone


def ask(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    items = apps.get_model("tenancy", "WorkItem").objects.using(alias)
    organizations = apps.get_model("accounts", "Organization").objects.using(alias)
    moment = timezone.now()
    items.bulk_create(
        (
            items.model(kind="index_fields", organization_id=pk, row_id=0, due_at=moment, set_at=moment)
            for pk in organizations.values_list("pk", flat=True)
        ),
        batch_size=500,
        ignore_conflicts=True,
    )


def withdraw(apps: Any, schema_editor: Any) -> None:
    items = apps.get_model("tenancy", "WorkItem").objects.using(schema_editor.connection.alias)
    items.filter(kind="index_fields").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("tenancy", "0020_index_fields_work"),
        ("ticketing", "0062_thread_by_conversation"),
    ]

    operations = [migrations.RunPython(ask, withdraw)]
