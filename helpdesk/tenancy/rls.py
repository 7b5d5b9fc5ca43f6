"""The second wall on PostgreSQL: row-level security and composite keys for every tenant table.

Applied after each `migrate`, by the role that owns the tables, for whatever tenant models there are; running it
again changes nothing. The policy reads the setting strictly: without an organization a query is an error, not an
empty answer. Foreign-key checks pass below policies, so references carry the organization in the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from helpdesk.tenancy.databases import OWNER_ALIAS
from helpdesk.tenancy.models import TenantModel
from helpdesk.tenancy.postgresql.base import SETTING

POLICY = "organization_only"
_RULE = f"organization_id = current_setting('{SETTING}')::bigint"


def tenant_models() -> list[type[TenantModel]]:
    """Every concrete tenant model of the project."""
    return [m for m in apps.get_models() if issubclass(m, TenantModel) and m._meta.managed]


def tenant_references(model: type[models.Model]) -> Iterator[tuple[str, str, str]]:
    """(column, target table, target key column) of each reference of `model` to a row that has an organization."""
    for field in model._meta.concrete_fields:
        target: Any = field.related_model
        if not isinstance(field, models.ForeignKey) or field.name == "organization" or target is None:
            continue
        if any(f.name == "organization" for f in target._meta.concrete_fields):
            yield field.column, target._meta.db_table, target._meta.pk.column


def before_migrate(*, using: str, **_: object) -> None:
    """Where one role owns the tables and runs the application, it is not held back while it migrates."""
    connection = connections[using]
    if connection.vendor != "postgresql" or OWNER_ALIAS in settings.DATABASES:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_policies WHERE policyname = %s", [POLICY])
        for (table,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')


def after_migrate(*, using: str, **_: object) -> None:
    """Policies, composite keys and the application's rights stand, if `using` is PostgreSQL."""
    connection = connections[using]
    is_owner = using == OWNER_ALIAS or OWNER_ALIAS not in settings.DATABASES
    if connection.vendor != "postgresql" or not is_owner:
        return
    with connection.cursor() as cursor:
        for table, column in sorted(_key_targets()):
            cursor.execute(_unique_statement(table, column))
        for model in tenant_models():
            for column, target, target_column in tenant_references(model):
                _compose_key(connection, model._meta.db_table, column, target, target_column)
        # After the keys: a forced policy would hold back the look at the rows that are there.
        for model in tenant_models():
            for statement in _policy_statements(model._meta.db_table):
                cursor.execute(statement)
            cursor.execute(_statistics_statement(model._meta.db_table))
        for statement in _grant_statements(connection):
            cursor.execute(statement)


def _key_targets() -> set[tuple[str, str]]:
    return {(target, key) for model in tenant_models() for _, target, key in tenant_references(model)}


def is_own_rule(text: str | None) -> bool:
    """True for the rule of our policies as PostgreSQL shows it, which adds brackets and types."""
    return re.sub(r"::text|[()\s]", "", text or "") == re.sub(r"[()\s]", "", _RULE)


def _policy_statements(table: str) -> list[str]:
    is_owner_too = OWNER_ALIAS not in settings.DATABASES
    return [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" {"FORCE" if is_owner_too else "NO FORCE"} ROW LEVEL SECURITY',
        f'DROP POLICY IF EXISTS {POLICY} ON "{table}"',
        f'CREATE POLICY {POLICY} ON "{table}" USING ({_RULE}) WITH CHECK ({_RULE})',
    ]


def _statistics_statement(table: str) -> str:
    """The planner takes every organization for one of two hundred, however large it is or how new.

    Told the real shares, it believes that an organization it has not met at the last ANALYZE has no rows, and reads
    all rows of one that is importing its mail, for each mail anew.
    """
    return f'ALTER TABLE "{table}" ALTER COLUMN organization_id SET STATISTICS 0'


def _unique_statement(table: str, column: str) -> str:
    name = f"{table}_organization_key"[:63]
    return f'CREATE UNIQUE INDEX IF NOT EXISTS "{name}" ON "{table}" (organization_id, "{column}")'


def composite_key_name(table: str, column: str) -> str:
    """The name of the composite foreign key on `table`.`column`."""
    return f"{table}_{column}_own"[:63]


def _compose_key(connection: BaseDatabaseWrapper, table: str, column: str, target: str, target_column: str) -> None:
    """The reference names organization and row together, in place of Django's key on the row alone."""
    name = composite_key_name(table, column)
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, table)
        for key, constraint in constraints.items():
            if constraint["foreign_key"] and constraint["columns"] == [column]:
                cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{key}"')
        if name not in constraints:
            cursor.execute(
                f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" FOREIGN KEY (organization_id, "{column}") '
                f'REFERENCES "{target}" (organization_id, "{target_column}") DEFERRABLE INITIALLY DEFERRED'
            )


def _grant_statements(connection: BaseDatabaseWrapper) -> list[str]:
    role = settings.DATABASES[DEFAULT_DB_ALIAS].get("USER")
    if not role or role == connection.settings_dict.get("USER"):
        return []
    quoted = connection.ops.quote_name(role)
    return [
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
    ]
