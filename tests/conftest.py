"""Database set-up for all tests: on PostgreSQL the owner makes the test database, the application's role uses it."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.servers.basehttp import WSGIRequestHandler
from playwright.sync_api import expect

from tests.databases import empty_tables_after_transactions, maker, migrated_template, use_copy
from tests.servers.waiting import wait_until

os.environ.setdefault("POSTROOM_TEST", "1")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # sync playwright keeps an event loop in the test thread

expect.set_options(timeout=20_000)  # milliseconds; the machine may be busy

# The live server writes an answer in three pieces: apart, each waits 40 ms for the browser's delayed ACK.
# A buffer that makes them one is no cure: nothing pushes an answer without a body, such as 304, out of it.
WSGIRequestHandler.disable_nagle_algorithm = True

pytest_plugins = ["tests.servers.fixtures", "tests.factories.fixtures", "tests.mailboxes.oauth_fixtures"]


def pytest_collection_finish() -> None:
    """Thousands of tests and all that was imported for them stay to the end: no use in looking through them again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def database_template(
    django_test_environment: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory, worker_suffix: str
) -> str:
    """What `tests.databases` copies, the same for all processes of the run."""
    folder = tmp_path_factory.getbasetemp()
    with django_db_blocker.unblock():
        return migrated_template(folder.parent if worker_suffix else folder)


@pytest.fixture(scope="session")
def django_db_setup(database_template: str, django_db_blocker: Any, worker_suffix: str) -> Iterator[None]:
    """The test database stands, migrated; `default` and `owner` both look at it."""
    from django.db import connections

    empty_tables_after_transactions()
    with django_db_blocker.unblock():
        original = use_copy(database_template, suffix=worker_suffix)
    yield
    with django_db_blocker.unblock():
        connections["default"].close()
        if maker().vendor == "postgresql":
            _wait_until_alone(maker())
        maker().creation.destroy_test_db(original, verbosity=0)


def _wait_until_alone(connection: Any) -> None:
    """The last request of a page that was left open has ended, and threads of the product that had a connection.

    One that a thread left behind when it ended is closed with whatever still refers to it. Raises TimeoutError.
    """

    def is_alone() -> bool:
        gc.collect()
        return not _others(connection)

    try:
        wait_until(is_alone, timeout_s=60, what="that nobody uses the test database")
    except TimeoutError as error:
        raise TimeoutError(f"{error}: {_others(connection)}") from error


def _others(connection: Any) -> list[Any]:
    """Who else is there: state, and what was asked last."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, left(query, 300) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return list(cursor.fetchall())


@pytest.fixture(scope="session")
def worker_suffix() -> str:
    """Tells parallel workers apart; empty when there is one."""
    return os.environ.get("PYTEST_XDIST_WORKER", "")
