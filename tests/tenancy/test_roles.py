"""Which database roles the application may run as, and what holds back one that also owns the tables."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
Manage = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif("not os.environ.get('DATABASE_URL')", reason="roles are PostgreSQL's"),
]


def with_role(role: str, *, database: str) -> str:
    """The address of a database on the test server, as this role (which needs no password there)."""
    host = os.environ["DATABASE_URL"].partition("@")[2].partition("/")[0]
    return f"postgres://{role}:{role}@{host}/{database}"


@pytest.fixture
def database(worker_suffix: str) -> Iterator[str]:
    """The name of an empty database of the role that owns the others."""
    name = f"single_{worker_suffix}".rstrip("_")
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
        yield name
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def manage(start: Manage) -> Manage:
    """A command as one role that does everything."""

    def run(*arguments: str, url: str) -> subprocess.CompletedProcess[str]:
        return start("manage.py", *arguments, url=url)

    return run


@pytest.fixture
def start(tmp_path: Path) -> Manage:
    """A program that ends by itself, as one role that does everything."""

    def run(*arguments: str, url: str) -> subprocess.CompletedProcess[str]:
        environment = {"DATABASE_URL": url, "DATABASE_OWNER_URL": "", "DATA_DIR": str(tmp_path), "LOG_LEVEL": "ERROR"}
        return subprocess.run(
            (sys.executable, *arguments),
            cwd=ROOT,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=180,
        )

    return run


@pytest.fixture
def bypassing(database: str) -> Iterator[str]:
    """The address of the database as a role that is no superuser, and that no policy holds back."""
    name = f"bypassing_{database}"
    with psycopg.connect(with_role("postgres", database="postgres"), autocommit=True) as connection:
        connection.execute(f'DROP ROLE IF EXISTS "{name}"')
        connection.execute(f'CREATE ROLE "{name}" LOGIN BYPASSRLS')
        yield with_role(name, database=database)
        connection.execute(f'DROP ROLE "{name}"')


@pytest.mark.parametrize("command", ["migrate --verbosity 0", "inbound_log --organization a", "rotate_keys"])
def test_a_superuser_is_refused_in_one_line(manage: Manage, database: str, command: str) -> None:
    done = manage(*command.split(), url=with_role("postgres", database=database))
    assert done.returncode == 1
    assert done.stderr.startswith("postroom: postgres in DATABASE_URL is a superuser")
    assert done.stderr.count("\n") == 1


WEB = "-m gunicorn helpdesk.wsgi:application --workers 1 --no-control-socket --bind 127.0.0.1:0"
WORKER = "-m helpdesk.running.worker"
POOL = "-m celery -A helpdesk.celery:app worker -P threads -c 1 -Q poll"
BEAT = "-m celery -A helpdesk.celery:app beat"
PARTS = [WEB, WORKER, POOL, BEAT, "manage.py watch", "manage.py receive --smtp 0"]
# All parts look at their role at the same place: one shows what is said of this role, all are shown for superusers.
ONE_PART = [BEAT, *(pytest.param(part, marks=pytest.mark.long) for part in PARTS if part != BEAT)]


@pytest.mark.parametrize("program", PARTS)
def test_no_part_starts_as_a_superuser(start: Manage, database: str, program: str) -> None:
    done = start(*program.split(), url=with_role("postgres", database=database))
    assert done.returncode == 4
    assert done.stderr.count("postroom: postgres in DATABASE_URL is a superuser") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("program", ONE_PART)
def test_no_part_starts_as_a_role_that_passes_the_policies(start: Manage, bypassing: str, program: str) -> None:
    done = start(*program.split(), url=bypassing)
    assert done.returncode == 4
    assert "in DATABASE_URL has BYPASSRLS" in done.stderr
    assert "Name a plain role" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_does_not_answer_yet_keeps_no_part_from_starting(start: Manage) -> None:
    done = start("-c", "import helpdesk.wsgi", url="postgres://nobody:x@127.0.0.1:1/nowhere")
    assert (done.returncode, done.stderr) == (0, "")


def test_doctor_names_a_superuser(manage: Manage, database: str) -> None:
    done = manage("doctor", url=with_role("postgres", database=database))
    assert done.returncode == 1
    assert "is a superuser" in done.stdout


def test_one_role_for_everything_is_held_back_by_its_own_policies_and_doctor_names_each_gap_in_them(
    manage: Manage, database: str
) -> None:
    url = with_role("postroom_owner", database=database)
    for arguments in (
        ("migrate", "--verbosity", "0"),
        ("create_organization", "first", "--name", "First", "--owner-email", "a@example.test"),
        ("create_organization", "second", "--name", "Second", "--owner-email", "a@example.test"),
        ("migrate", "--verbosity", "0"),
    ):
        done = manage(*arguments, url=url)
        assert (done.returncode, done.stderr) == (0, "")
    assert "postgresql answers and is migrated" in manage("doctor", url=url).stdout
    with psycopg.connect(url) as connection:
        connection.execute("SELECT set_config('app.organization', '1', true)")
        assert connection.execute("SELECT DISTINCT organization_id FROM accounts_auditentry").fetchall() == [(1,)]
        connection.rollback()
        with pytest.raises(psycopg.DataError):
            connection.execute("SELECT * FROM accounts_auditentry")
    _doctor_names_each_gap_and_migrate_closes_them(manage, url)


def _doctor_names_each_gap_and_migrate_closes_them(manage: Manage, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in (
            "ALTER TABLE ticketing_ticket NO FORCE ROW LEVEL SECURITY",
            "DROP POLICY organization_only ON ticketing_contact",
            "ALTER TABLE ticketing_message DISABLE ROW LEVEL SECURITY",
            "ALTER POLICY organization_only ON mailboxes_mailbox USING (true)",
            "ALTER POLICY organization_only ON mailboxes_rawmessage WITH CHECK (true)",
            "CREATE POLICY wider ON mailboxes_connection USING (true)",
            "ALTER TABLE accounts_teammember DROP CONSTRAINT accounts_teammember_team_id_own",
        ):
            connection.execute(statement)
    said = manage("doctor", url=url).stdout
    assert "ticketing_ticket does not hold back the role that owns it" in said
    unguarded = re.findall(r"(\w+) is not guarded by our row-level policy alone", said)
    tables = {"contact": "ticketing", "message": "ticketing", "mailbox": "mailboxes", "rawmessage": "mailboxes"}
    assert set(unguarded) == {f"{app}_{name}" for name, app in tables.items()} | {"mailboxes_connection"}
    assert "accounts_teammember.team_id has no composite key" in said
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP POLICY wider ON mailboxes_connection")
    manage("migrate", "--verbosity", "0", url=url)
    assert "problem   database" not in manage("doctor", url=url).stdout
