"""Django's PostgreSQL backend that names the organization of the scope at the start of every transaction.

Set locally to the transaction, never to the session: nothing leaks through a pool or PgBouncer. Without a scope
nothing is set, and the policies (`helpdesk.tenancy.rls`) raise on any tenant table.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.postgresql import base

from helpdesk.tenancy.state import current_organization_id

SETTING = "app.organization"


def passes_policies(cursor: Any) -> bool:
    """True if no policy holds back the role of this connection."""
    cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
    return bool(cursor.fetchone()[0])


class DatabaseWrapper(base.DatabaseWrapper):
    """The backend named in DATABASES."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raises ImproperlyConfigured for a superuser as the application's role: no policy holds one back."""
        connection = super().get_new_connection(conn_params)
        if self.alias == DEFAULT_DB_ALIAS and connection.info.parameter_status("is_superuser") == "on":
            connection.close()
            raise ImproperlyConfigured(
                f"{conn_params.get('user')} in DATABASE_URL is a superuser, whom row-level security does not hold back."
                " Name a plain role; docs/operations.md says how to make one."
            )
        return connection

    def _set_autocommit(self, autocommit: bool) -> None:  # noqa: FBT001  Django's own signature
        if autocommit:
            super()._set_autocommit(autocommit)  # type: ignore[misc]  # the stubs leave it out
        else:
            self._begin(current_organization_id())

    def _begin(self, organization_id: int | None) -> None:
        """A transaction is open and knows its organization, in one round trip: every mail opens several.

        The driver stays in autocommit: left to itself it would send BEGIN alone and wait for the answer.
        """
        with self.wrap_database_errors, self.connection.cursor() as cursor:
            if organization_id is None:
                cursor.execute("BEGIN")
            else:
                cursor.execute("BEGIN; SELECT set_config(%s, %s, true)", [SETTING, str(organization_id)])

    def name_organization(self, organization_id: int | None) -> None:
        """The open transaction sees this organization's rows from here on; None: tenant tables raise."""
        if organization_id is None and not self.in_atomic_block:
            return
        with self.connection.cursor() as cursor:
            value = "" if organization_id is None else str(organization_id)
            cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, value])
