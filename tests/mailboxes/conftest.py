"""A mailbox on a real Dovecot, and what polling it is like."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

_users = count(1)


@pytest.fixture(autouse=True)
def own_cache(settings: Any) -> None:
    """What stands in the cache is this test's alone: workers of one run share it, and number their rows alike."""
    from copy import deepcopy
    from uuid import uuid4

    caches = deepcopy(settings.CACHES)
    caches["default"]["KEY_PREFIX"] = uuid4().hex
    settings.CACHES = caches


@pytest.fixture
def mail_settings(settings: Any, tmp_path: Any, dovecot: Any) -> Any:
    """The operator allows mail servers on this machine, with the test authority; files in a folder of this test."""
    from ipaddress import ip_network

    settings.MAIL_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"), ip_network("::1"))
    settings.MAIL_ALLOWED_PORTS = frozenset(range(1024, 65536))
    settings.MAIL_CA_FILE = str(dovecot.ca_path)
    settings.MEDIA_ROOT = tmp_path / "files"
    return settings


@pytest.fixture
def account(dovecot: Any, mail_settings: Any, fernhollow: Any) -> Any:
    """A fresh account on the server; `account.connect()` makes its mailbox."""
    from tests.mailboxes.account import Account

    return Account(dovecot, fernhollow, user=f"user{next(_users)}")


@pytest.fixture
def pop3_account(dovecot: Any, mail_settings: Any, fernhollow: Any) -> Any:
    """The same, read over POP3."""
    from mailboxes.models import ConnectionKind
    from tests.mailboxes.account import Account

    return Account(dovecot, fernhollow, user=f"user{next(_users)}", kind=ConnectionKind.POP3)


@pytest.fixture
def fake(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, fernhollow: Any) -> Any:
    """A mailbox on a source that the test spoils: `fake.source`."""
    from mailboxes.connectors import registry
    from tests.fakes.source import FakeSource
    from tests.mailboxes.account import FakeAccount

    settings.MEDIA_ROOT = tmp_path / "files"
    source = FakeSource()
    kind = registry.SourceKind(lambda _config: source, registry.traits_of("imap"))
    monkeypatch.setitem(registry.SOURCES, "imap", kind)
    return FakeAccount(source, fernhollow)


@pytest.fixture
def graph_account(
    certificate_authority: Any, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any, fernhollow: Any
) -> Iterator[Any]:
    """An empty mailbox at the fake of Graph, to which the global cloud points; `graph_account.connect()` adds it."""
    from tests.fakes.graph import FakeGraph
    from tests.mailboxes.graph import GraphAccount, point_at

    settings.MEDIA_ROOT = tmp_path / "files"
    with FakeGraph(certificate_authority) as graph:
        point_at(graph, monkeypatch, settings)
        yield GraphAccount(graph, fernhollow)


@pytest.fixture
def ews_account(certificate_authority: Any, settings: Any, tmp_path: Any, fernhollow: Any) -> Iterator[Any]:
    """An empty mailbox at the fake of an Exchange server; `ews_account.connect()` adds it."""
    from tests.mailboxes.ews import EwsAccount, exchange_server

    settings.MEDIA_ROOT = tmp_path / "files"
    with exchange_server(certificate_authority, settings=settings) as ews:
        yield EwsAccount(ews, fernhollow)
