"""`migrate` and a database that is not there yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from pytest_django import DjangoDbBlocker

from helpdesk.running.programs import free_port
from helpdesk.tenancy.databases import database_settings
from helpdesk.tenancy.management.commands import migrate


@pytest.fixture
def absent(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The alias of a database on a port that nobody listens on."""
    url = f"postgres://postroom@127.0.0.1:{free_port()}/postroom"
    configured = connections.configure_settings(database_settings(url=url, owner_url="", embedded_path=tmp_path))
    connections.settings["absent"] = configured["default"]
    with django_db_blocker.unblock():
        yield "absent"
    del connections["absent"]
    del connections.settings["absent"]


def test_a_database_that_does_not_come_up_is_named_in_one_sentence(
    absent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "WAIT_S", 0)
    with pytest.raises(CommandError, match=r"No connection to the database .* Check DATABASE_URL\."):
        call_command("migrate", database=absent, verbosity=0)
