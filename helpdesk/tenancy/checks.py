"""System checks: every table is either scoped or a known directory, and on PostgreSQL the second wall stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from helpdesk.tenancy.models import TenantModel
from helpdesk.tenancy.postgresql.base import passes_policies
from helpdesk.tenancy.rls import composite_key_name, is_own_rule, tenant_models, tenant_references

# What must be read before an organization is known. Ids, times, hashes and sign-in only; never mail or tickets.
DIRECTORIES = {
    "accounts.User",
    "accounts.Organization",
    "accounts.OldSlug",
    "accounts.Membership",
    "tenancy.WorkItem",
    "tenancy.FileSweep",
    "tenancy.StrayFile",
    "tenancy.TokenEntry",
    "tenancy.FloodCount",
    "tenancy.Installation",
}
OUR_APPS = {"accounts", "tenancy", "web", "mailboxes", "ticketing"}


@register(Tags.models)
def every_table_is_scoped(**_: Any) -> list[CheckMessage]:
    """A model of ours is a TenantModel whose managers are scoped, or stands in DIRECTORIES."""
    problems: list[CheckMessage] = []
    for model in apps.get_models():
        if model._meta.app_label not in OUR_APPS:
            continue
        if not issubclass(model, TenantModel):
            if model._meta.label not in DIRECTORIES:
                problems.append(
                    Error(f"{model._meta.label} is neither a TenantModel nor a known directory.", id="tenancy.E1")
                )
        elif model._meta.base_manager_name != "objects":
            problems.append(
                Error(f"{model._meta.label} needs Meta(TenantModel.Meta), or reads unscoped.", id="tenancy.E2")
            )
    return problems


@register(Tags.database)
def second_wall_stands(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """On PostgreSQL each tenant table has its policy and its composite keys, and our role cannot pass them."""
    problems: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if connection.vendor == "postgresql" and alias == "default":
            with connection.cursor() as cursor:
                problems += [Error(text, id="tenancy.E3") for text in _missing(cursor)]
    return problems


def _missing(cursor: Any) -> Iterator[str]:
    if passes_policies(cursor):
        yield "The application's database role is a superuser or passes row-level security. Use a plain role."
    cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity")
    switched_on = {row[0] for row in cursor.fetchall()}
    cursor.execute("SELECT tablename, qual, with_check FROM pg_policies")
    policies = cursor.fetchall()
    # Policies of a table add to each other: one that is wider makes ours worthless.
    guarded = {table for table, *rules in policies if all(map(is_own_rule, rules))} & switched_on
    guarded -= {table for table, *rules in policies if not all(map(is_own_rule, rules))}
    cursor.execute(
        "SELECT relname FROM pg_class"
        " WHERE relkind = 'r' AND NOT relforcerowsecurity AND relowner = current_user::regrole"
    )
    passed = {row[0] for row in cursor.fetchall()}
    cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'f'")
    keys = {row[0] for row in cursor.fetchall()}
    for model in tenant_models():
        table = model._meta.db_table
        if table not in guarded:
            yield f"{table} is not guarded by our row-level policy alone. Drop any other, then run: manage.py migrate"
        elif table in passed:
            yield f"{table} does not hold back the role that owns it. Run: manage.py migrate"
        for column, _target, _key in tenant_references(model):
            if composite_key_name(table, column) not in keys:
                yield f"{table}.{column} has no composite key. Run: manage.py migrate"
