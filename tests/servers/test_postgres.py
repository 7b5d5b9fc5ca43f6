"""The private PostgreSQL has the roles of a real installation and leaves nothing behind."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.servers.ports import is_listening
from tests.servers.postgres import APPLICATION, OWNER, Postgres

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.mark.parametrize("role", [OWNER, APPLICATION])
def test_no_role_is_above_row_level_security(postgres: Postgres, role: str) -> None:
    with psycopg.connect(postgres.url(role=role)) as connection:
        rights = connection.execute(
            "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert rights == (False, False)


def test_the_application_may_not_create_tables(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url()) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE own (id int)")


def test_the_owner_creates_tables_and_databases(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url(role=OWNER), autocommit=True) as connection:
        connection.execute("CREATE TABLE ours (id int)")
        connection.execute("CREATE DATABASE test_of_the_owner")
    psycopg.connect(postgres.url(database="test_of_the_owner")).close()


def test_a_dropped_database_takes_its_connections_along(postgres: Postgres) -> None:
    postgres.create_database("short_lived")
    with psycopg.connect(postgres.url(database="short_lived")) as connection:
        postgres.drop_database("short_lived")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_a_restart_cuts_connections_and_keeps_data(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url(role=OWNER)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        connection.commit()
        postgres.restart()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with psycopg.connect(postgres.url(role=OWNER)) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_nothing_is_left_after_the_block() -> None:
    with Postgres() as server:
        pass
    assert not server.folder.exists()
    assert not is_listening(server.port)
