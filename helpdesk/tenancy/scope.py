"""The one way into an organization's data: scope and transaction together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django_scopes import scope

from helpdesk.tenancy.postgresql.base import DatabaseWrapper
from helpdesk.tenancy.state import DIMENSION, current_organization_id


@contextmanager
def writing_scope(organization_id: int) -> Iterator[None]:
    """As `organization_scope`, and one transaction on every database."""
    with organization_scope(organization_id):
        if connection.vendor == "postgresql":  # the scope is one there, and a savepoint in it would be for nothing
            yield
            return
        with transaction.atomic():
            yield


@contextmanager
def organization_scope(organization_id: int) -> Iterator[None]:
    """Inside the block exactly this organization's rows can be read and written.

    On PostgreSQL the block is one transaction (a savepoint inside an open one): commit at its end, roll back on an
    exception. On SQLite it is the scope alone; whoever writes opens `transaction.atomic()`. Never hold it open
    around network work.
    """
    outer_id = current_organization_id()
    with scope(**{DIMENSION: int(organization_id)}):
        if connection.vendor != "postgresql":
            yield
            return
        with transaction.atomic():
            wrapper = cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS])
            began_otherwise = outer_id != organization_id and bool(connection.savepoint_ids)
            if began_otherwise:
                wrapper.name_organization(organization_id)
            yield
            if began_otherwise:
                wrapper.name_organization(outer_id)  # after an exception the savepoint's rollback does this
