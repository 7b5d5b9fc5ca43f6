"""Database set-up for all tests: on PostgreSQL the owner makes the test database, the application's role uses it."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.servers.basehttp import WSGIRequestHandler
from playwright.sync_api import expect

from tests.databases import drop_copy, empty_tables_after_transactions, migrated_template, use_copy

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
    empty_tables_after_transactions()
    with django_db_blocker.unblock():
        original = use_copy(database_template, suffix=worker_suffix)
    yield
    with django_db_blocker.unblock():
        drop_copy(original)


@pytest.fixture(scope="session")
def worker_suffix() -> str:
    """Tells parallel workers apart; empty when there is one."""
    return os.environ.get("PYTEST_XDIST_WORKER", "")
