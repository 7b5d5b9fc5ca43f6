"""The transaction that intake writes in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from helpdesk.tenancy.scope import organization_scope


@contextmanager
def writing(organization_id: int) -> Iterator[None]:
    """One transaction in the organization's scope: all of the block, or nothing of it."""
    # On PostgreSQL the scope has just opened a transaction; a savepoint in it would cost two statements for nothing.
    with organization_scope(organization_id), transaction.atomic(savepoint=connection.vendor != "postgresql"):
        yield
