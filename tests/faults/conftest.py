"""An installation in processes of its own, shared by the tests of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.harness import MAIL_DOMAIN, Installation, allow_mail_servers, with_database
from tests.servers.environment import test_environment


@pytest.fixture(scope="session")
def _environment(
    tmp_path_factory: pytest.TempPathFactory, database_template: str, worker_suffix: str
) -> dict[str, str]:
    environment = test_environment(tmp_path_factory.mktemp("installation")) | {
        "LOG_LEVEL": "ERROR",
        "MAIL_DOMAIN": MAIL_DOMAIN,
    }
    return with_database(environment, database_template, name=f"faults_{worker_suffix}".rstrip("_"))


@pytest.fixture(scope="session")
def _shared_installation(
    _environment: dict[str, str], _shared_dovecot: Any, _shared_smtp_server: Any
) -> Iterator[Installation]:
    ports = [_shared_dovecot.imaps_port, _shared_dovecot.pop3s_port, _shared_smtp_server.port]
    environment = allow_mail_servers(_environment, ports=ports, ca_path=Path(_shared_dovecot.ca_path))
    with Installation(environment) as installation:
        yield installation


@pytest.fixture
def installation(_shared_installation: Installation, dovecot: Any) -> Iterator[Installation]:
    """An installation that may read from `dovecot` and send to `smtp_server`; make mailboxes of your own in it."""
    yield _shared_installation
    _shared_installation.end_all()
