"""PostgreSQL expects few rows of the search function, as most searches find.

By default it expects a thousand, and rather than look those up by id it reads every ticket of the view.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations


def expect(rows: int) -> Any:
    """A step after which the planner expects so many."""

    def alter(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"ALTER FUNCTION public.ticketing_find_tickets(text[], integer) ROWS {rows}")

    return alter


class Migration(migrations.Migration):
    dependencies = [("ticketing", "0007_view_indexes")]

    operations = [migrations.RunPython(expect(20), expect(1000))]
