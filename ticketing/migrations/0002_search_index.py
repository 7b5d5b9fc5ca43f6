"""The index of search, kept by the database from SearchDocument.

PostgreSQL: a generated tsvector column, its GIN index, and the one function that reads it. The function runs as the
owner of the tables, because row-level security keeps the application's role from using such an index; it takes the
organization from the setting alone. Each word carries the organization, so that a search reads no other's entries.
SQLite: an FTS5 table over the same rows, kept by triggers. A migration that changes SearchDocument on SQLite rebuilds
the table without its triggers and must make them again.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

POSTGRESQL = [
    """
    ALTER TABLE ticketing_searchdocument ADD COLUMN words tsvector GENERATED ALWAYS AS (
        array_to_tsvector(
            string_to_array(regexp_replace(body, '(^| )', '\\1o' || organization_id::text || 'o', 'g'), ' ')
        )
    ) STORED
    """,
    "CREATE INDEX search_document_words ON ticketing_searchdocument USING gin (words)",
    """
    CREATE FUNCTION ticketing_find_tickets(wanted text[], at_most integer) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        organization bigint := current_setting('app.organization')::bigint;
        query tsquery;
    BEGIN
        SELECT string_agg(
            '''o' || organization || 'o' || translate(word, '*''\\', '') || ''''
            || CASE WHEN right(word, 1) = '*' THEN ':*' ELSE '' END, ' & ')::tsquery
        INTO query FROM unnest(wanted) AS word;
        RETURN QUERY EXECUTE
            'SELECT DISTINCT ticket_id FROM public.ticketing_searchdocument'
            ' WHERE organization_id = $1 AND words @@ $2 ORDER BY ticket_id DESC LIMIT $3'
            USING organization, query, at_most;
    END $$
    """,
]
POSTGRESQL_BACK = [
    "DROP FUNCTION ticketing_find_tickets(text[], integer)",
    "ALTER TABLE ticketing_searchdocument DROP COLUMN words",
]
SQLITE = [
    """
    CREATE VIRTUAL TABLE ticketing_searchwords USING fts5(
        body, content='ticketing_searchdocument', content_rowid='id', tokenize='unicode61 remove_diacritics 0'
    )
    """,
    """
    CREATE TRIGGER ticketing_searchdocument_added AFTER INSERT ON ticketing_searchdocument BEGIN
        INSERT INTO ticketing_searchwords(rowid, body) VALUES (new.id, new.body);
    END
    """,
    """
    CREATE TRIGGER ticketing_searchdocument_removed AFTER DELETE ON ticketing_searchdocument BEGIN
        INSERT INTO ticketing_searchwords(ticketing_searchwords, rowid, body) VALUES ('delete', old.id, old.body);
    END
    """,
    """
    CREATE TRIGGER ticketing_searchdocument_changed AFTER UPDATE OF body ON ticketing_searchdocument BEGIN
        INSERT INTO ticketing_searchwords(ticketing_searchwords, rowid, body) VALUES ('delete', old.id, old.body);
        INSERT INTO ticketing_searchwords(rowid, body) VALUES (new.id, new.body);
    END
    """,
]
SQLITE_BACK = [
    "DROP TRIGGER ticketing_searchdocument_added",
    "DROP TRIGGER ticketing_searchdocument_removed",
    "DROP TRIGGER ticketing_searchdocument_changed",
    "DROP TABLE ticketing_searchwords",
]


def make_index(apps: Any, schema_editor: Any) -> None:
    for statement in {"postgresql": POSTGRESQL, "sqlite": SQLITE}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop_index(apps: Any, schema_editor: Any) -> None:
    for statement in {"postgresql": POSTGRESQL_BACK, "sqlite": SQLITE_BACK}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("ticketing", "0001_initial")]
    operations = [migrations.RunPython(make_index, drop_index)]
