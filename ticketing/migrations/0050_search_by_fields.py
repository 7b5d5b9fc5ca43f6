"""A document of search can be that of a ticket's fields instead of a message's.

SQLite makes the table anew for it: the index beside it is renewed with its triggers.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

_index = import_module("ticketing.migrations.0002_search_index")


def drop_triggers(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        for statement in _index.SQLITE_BACK:
            schema_editor.execute(statement)


def make_triggers(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        for statement in _index.SQLITE:
            schema_editor.execute(statement)
        schema_editor.execute("INSERT INTO ticketing_searchwords(ticketing_searchwords) VALUES ('rebuild')")


class Migration(migrations.Migration):
    dependencies = [("ticketing", "0049_bounces_by_address")]

    operations = [
        migrations.RunPython(drop_triggers, make_triggers),
        migrations.AlterField(
            "searchdocument",
            "message",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="ticketing.message"
            ),
        ),
        migrations.AddConstraint(
            "searchdocument",
            models.UniqueConstraint(
                fields=["organization", "ticket"],
                condition=models.Q(message=None),
                name="search_document_of_fields_once",
            ),
        ),
        migrations.RunPython(make_triggers, drop_triggers),
    ]
