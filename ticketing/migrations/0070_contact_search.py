"""Contacts are found by any part of name or address without reading them all, on PostgreSQL.

Two GIN indexes hold the parts of three characters, each with its organization, so that a search reads no other's
entries; they are of the columns that are there, so no table is written anew. The one function that reads them runs as
the owner of the tables, because row-level security keeps the application's role from using such an index; it takes the
organization from the setting alone. SQLite reads the organization's contacts.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

POSTGRESQL = [
    """
    CREATE FUNCTION public.ticketing_text_parts(organization bigint, words text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT array_agg(DISTINCT 'o' || organization || 'o' || substr(lower(words), at, 3))
        FROM generate_series(1, length(words) - 2) AS at
    $$
    """,
    """
    CREATE INDEX contact_name_parts ON ticketing_contact
    USING gin (public.ticketing_text_parts(organization_id, name::text))
    """,
    """
    CREATE INDEX contact_address_parts ON ticketing_contactaddress
    USING gin (public.ticketing_text_parts(organization_id, address::text))
    """,
    """
    CREATE FUNCTION public.ticketing_find_contacts(wanted text[], at_most integer) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        organization bigint := current_setting('app.organization')::bigint;
        parts text[] := public.ticketing_text_parts(organization, wanted[1]);
    BEGIN
        RETURN QUERY EXECUTE
            'WITH likely AS MATERIALIZED ('
            '  SELECT c.id FROM public.ticketing_contact c'
            '  WHERE c.organization_id = $1 AND public.ticketing_text_parts(c.organization_id, c.name::text) @> $2'
            '  UNION ALL'
            '  SELECT a.contact_id FROM public.ticketing_contactaddress a'
            '  WHERE a.organization_id = $1 AND public.ticketing_text_parts(a.organization_id, a.address::text) @> $2'
            '  LIMIT $4'
            '), number AS MATERIALIZED (SELECT count(*) AS found FROM likely)'
            'SELECT NULL FROM number WHERE found = $4 UNION ALL '
            'SELECT DISTINCT likely.id FROM likely, number WHERE found < $4 AND NOT EXISTS ('
            '  SELECT FROM unnest($3) AS word WHERE NOT EXISTS ('
            '    SELECT FROM public.ticketing_contact c WHERE c.id = likely.id AND strpos(lower(c.name), word) > 0'
            '  ) AND NOT EXISTS ('
            '    SELECT FROM public.ticketing_contactaddress a WHERE a.organization_id = $1'
            '    AND a.contact_id = likely.id AND strpos(a.address, word) > 0'
            '  )'
            ')'
            USING organization, parts, wanted, at_most;
    END $$
    """,
]
POSTGRESQL_BACK = [
    "DROP FUNCTION public.ticketing_find_contacts(text[], integer)",
    "DROP INDEX contact_address_parts",
    "DROP INDEX contact_name_parts",
    "DROP FUNCTION public.ticketing_text_parts(bigint, text)",
]


def make_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for statement in POSTGRESQL:
            schema_editor.execute(statement)


def drop_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for statement in POSTGRESQL_BACK:
            schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("ticketing", "0069_breakers_of_answers")]
    operations = [migrations.RunPython(make_index, drop_index)]
