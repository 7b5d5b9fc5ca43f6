"""The pytest plugin that lends servers to tests: add `tests.servers.fixtures` to `pytest_plugins`.

PostgreSQL and Redis are not here: `python -m tests.servers run` starts them before pytest, since Django reads
their addresses when its settings are loaded.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_network
from typing import Any

import pytest

from tests.servers.certificates import CertificateAuthority
from tests.servers.chromium import launch_arguments
from tests.servers.dovecot import Dovecot
from tests.servers.gate import Gate
from tests.servers.proxy import TcpProxy
from tests.servers.smtp import SmtpServer

# They begin first: a test of most of a minute that begins last is one that all other processes wait for.
LONGEST = {"test_demo.py", "test_whole_kills.py", "test_hanging_mail.py", "test_roles.py", "test_whole_mail.py"}
DATABASE_FIXTURES = {"db", "transactional_db"}
MARKS_BY_FIXTURE = {"dovecot": "servers", "redis_url": "servers", "page": "browser"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that uses a server, browser or database is marked so, before `-m` chooses, even if its author forgot."""
    for item in items:
        used = getattr(item, "fixturenames", ())
        for mark in {mark for fixture, mark in MARKS_BY_FIXTURE.items() if fixture in used}:
            item.add_marker(mark)
        if item.get_closest_marker("django_db") or DATABASE_FIXTURES.intersection(used):
            item.add_marker("database")
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session")
def gate() -> Iterator[Gate]:
    """The gate before `quiet_server`."""
    gate = Gate()
    gate.connect()
    yield gate
    gate.disconnect()


@pytest.fixture
def quiet_server(transactional_db: None, live_server: Any, gate: Gate) -> Iterator[Any]:
    """The product on a free port. A page may stay open after its test: what it asks for then meets no database."""
    gate.open()
    yield live_server
    gate.shut()


@pytest.fixture(scope="session")
def certificate_authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    """The authority behind the certificates of `dovecot` and `smtp_server`."""
    return CertificateAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def _shared_dovecot(certificate_authority: CertificateAuthority) -> Iterator[Dovecot]:
    with Dovecot(authority=certificate_authority, oauth=True) as server:
        yield server


@pytest.fixture
def dovecot(_shared_dovecot: Dovecot) -> Dovecot:
    """A running Dovecot that lasts for the session; use a new user name in each test."""
    _shared_dovecot.revive()
    return _shared_dovecot


@pytest.fixture(scope="session")
def _shared_smtp_server(certificate_authority: CertificateAuthority) -> Iterator[SmtpServer]:
    with SmtpServer(authority=certificate_authority) as server:
        yield server


@pytest.fixture
def smtp_server(_shared_smtp_server: SmtpServer) -> SmtpServer:
    """A running SMTP server that accepts everything and has received nothing."""
    _shared_smtp_server.reset()
    return _shared_smtp_server


class Proxies:
    """Makes proxies for one test."""

    def __init__(self) -> None:
        self._open: list[TcpProxy] = []

    def __call__(self, target_port: int) -> TcpProxy:
        """A proxy before this port of 127.0.0.1 that passes everything until told otherwise."""
        self._open.append(TcpProxy(target_port).__enter__())
        return self._open[-1]

    def close(self) -> None:
        """Nothing listens any more."""
        for proxy in self._open:
            proxy.__exit__(None, None, None)


@pytest.fixture
def tcp_proxy() -> Iterator[Proxies]:
    """`tcp_proxy(port)` is a faulty proxy before a server on this port."""
    proxies = Proxies()
    yield proxies
    proxies.close()


@pytest.fixture(scope="session")
def redis_url() -> str:
    """The address of the private Redis that the runner started."""
    url = os.environ.get("TEST_REDIS_URL")
    if url is None:
        pytest.fail("TEST_REDIS_URL is not set; run this test through `make test`")
    return url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Playwright starts the installed Chromium."""
    # Playwright's synchronous API keeps an event loop in the thread, in which Django would refuse to query.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    return {**browser_type_launch_args, **launch_arguments()}


@pytest.fixture
def silent(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A port that takes connections and says nothing; connection tests may reach it, and wait for ever."""
    from mailboxes.diagnosis import plan

    monkeypatch.setattr(plan, "READ_TIMEOUT_S", 600.0)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        settings.MAIL_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"), ip_network("::1"))
        settings.MAIL_ALLOWED_PORTS = frozenset({port})
        settings.MAIL_READ_TIMEOUT_S = 600.0
        yield port
        listening.settimeout(0.1)
        while any(thread.name.startswith("connection-test") for thread in threading.enumerate()):
            with suppress(TimeoutError):  # hung up on in order: what is cut off half-open leaks inside `ssl`
                listening.accept()[0].close()
