"""The database of a test process: a copy of one that the first process of the run has migrated.

On PostgreSQL the copy is made by the server from a template, on SQLite from a file into memory. All of a process's
tests use its one database; a test with real transactions leaves the tables empty, as it found them.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connections, transaction
from django.test import TransactionTestCase

from helpdesk.tenancy.databases import OWNER_ALIAS

# What migrating writes and nobody changes: made anew after each test with real transactions it costs more than most.
KEPT = {"django_migrations", "django_content_type", "auth_permission"}
EMPTY = "empty_all_tables"


def maker() -> Any:
    """The connection that makes databases: the owner's on PostgreSQL."""
    return connections[OWNER_ALIAS if OWNER_ALIAS in connections else "default"]


def migrated_template(folder: Path) -> str:
    """The path (SQLite) or name (PostgreSQL) of a migrated database that nobody uses.

    folder: all processes of the run name the same; the first that asks makes the template, the others wait for it.
    """
    with _alone_in(folder):
        made = folder / "template"
        if not made.exists():
            made.write_text(_make_template(folder))
        return made.read_text()


def use_copy(template: str, *, suffix: str) -> str:
    """Both connections look at a new copy of the template; gives the name they had before."""
    connection = maker()
    original: str = connection.settings_dict["NAME"]
    if connection.vendor == "postgresql":
        name = f"test_{original}_{suffix}".rstrip("_")
        copy_on_server(template, name=name)
        _look_at(connection, name)
        _look_at(connections["default"], name)
    else:
        _look_at(connection, connection.creation._get_test_db_name())
        connection.ensure_connection()
        with closing(sqlite3.connect(template)) as file:
            file.backup(connection.connection)
    return original


def drop_copy(original: str) -> None:
    """The copy is gone, and both connections look where they did before.

    On the server it does not matter who still has a connection: a page that was left open, a thread that has ended.
    """
    connection = maker()
    if connection.vendor != "postgresql":
        connection.creation.destroy_test_db(original, verbosity=0)
        return
    name = connection.settings_dict["NAME"]
    _look_at(connection, original)
    _look_at(connections["default"], original)
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def copy_on_server(template: str, *, name: str) -> None:
    """The PostgreSQL database of this name is a copy of the template, made by the role that owns both."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(f'DROP DATABASE IF EXISTS "{name}"')
        owner.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def _look_at(connection: Any, name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    with (folder / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_template(folder: Path) -> str:
    connection = maker()
    original = connection.settings_dict["NAME"]
    is_server = connection.vendor == "postgresql"
    connection.settings_dict.setdefault("TEST", {})["NAME"] = f"template_{original}" if is_server else None
    name: str = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    if is_server:
        with connection.cursor() as cursor:
            cursor.execute(_emptying(connection))
    else:
        name = str(folder / "template.sqlite3")
        with closing(sqlite3.connect(name)) as file:
            connection.connection.backup(file)
        connection.creation.destroy_test_db(original, verbosity=0)
    _look_at(connection, original)
    return name


def _tables(connection: Any) -> list[str]:
    return sorted(set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT)


def _emptying(owner: Any) -> str:
    """The application may call what it may not do itself.

    To cut tables short makes new files for all of them and their indexes: dear, and only worth it where much was
    written, which would else stay there as dead rows for the plans of later tests.
    """
    tables = _tables(owner)
    large = " OR ".join(f"pg_relation_size('{table}') > 262144" for table in tables)
    return f"""
        CREATE FUNCTION {EMPTY}() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
            IF {large} THEN
                TRUNCATE {", ".join(f'"{table}"' for table in tables)};
            ELSE
                {" ".join(f'DELETE FROM "{table}";' for table in tables)}
            END IF;
        END $$
    """


def empty_tables() -> None:
    """Every table is as it was after migrating."""
    connection = connections["default"]
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SELECT {EMPTY}()")
            return
        for table in _tables(connection):
            cursor.execute(f'DELETE FROM "{table}"')


def _fixture_teardown(_case: TransactionTestCase) -> None:
    empty_tables()


def empty_tables_after_transactions() -> None:
    """Tests with real transactions end with `empty_tables` in place of Django's flush."""
    TransactionTestCase._fixture_teardown = _fixture_teardown  # type: ignore[method-assign,attr-defined]  # Django offers no other place
