"""Several values of a query's group as one text, on both databases."""

from __future__ import annotations

from typing import Any

from django.db.models import Aggregate, TextField


class JoinedTexts(Aggregate):
    """The values with commas between them, in no order."""

    function = "GROUP_CONCAT"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """The same there."""
        return self.as_sql(
            compiler, connection, function="STRING_AGG", template="%(function)s(%(expressions)s::text, ',')", **extra
        )
