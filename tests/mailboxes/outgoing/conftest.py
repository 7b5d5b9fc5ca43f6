"""An organization that sends through the test SMTP server, and the steps its tests are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest


@pytest.fixture
def clear_text_allowed(settings: Any, tmp_path: Any) -> None:
    """Mail servers may be on loopback and in clear text, and files go to this test's folder."""
    from ipaddress import ip_network

    settings.MAIL_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"),)
    settings.MAIL_ALLOW_CLEARTEXT = True
    settings.MAIL_READ_TIMEOUT_S = 15.0
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def outgoing_server(in_fernhollow: Any, smtp_server: Any, settings: Any, clear_text_allowed: None) -> Any:
    """fernhollow's outgoing server: the test SMTP server."""
    from tests.factories.outgoing import make_outgoing_server

    settings.MAIL_ALLOWED_PORTS = frozenset({smtp_server.port})
    return make_outgoing_server(smtp_server.port)


@pytest.fixture
def deliver_all() -> Callable[[], int]:
    """Everything due is tried once; gives how many mails that were."""
    from helpdesk.tenancy import drains
    from helpdesk.tenancy.models import WorkKind

    return lambda: drains.drain_now(WorkKind.DELIVER)


@pytest.fixture
def states() -> Callable[[Any], dict[str, str]]:
    """The state of each recipient of a mail by address."""
    return lambda outbox: dict(outbox.recipients.order_by("id").values_list("address", "state"))


@pytest.fixture
def graph_desk(
    in_fernhollow: Any,
    certificate_authority: Any,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    clear_text_allowed: None,
) -> Iterator[Any]:
    """A mailbox of fernhollow's at the fake of Graph, to which the global cloud points."""
    from tests.fakes.graph import FakeGraph
    from tests.mailboxes.graph import point_at
    from tests.mailboxes.outgoing.drafts import GraphDesk

    with FakeGraph(certificate_authority) as graph:
        point_at(graph, monkeypatch, settings)
        yield GraphDesk(graph)


@pytest.fixture
def ews_desk(in_fernhollow: Any, certificate_authority: Any, settings: Any, clear_text_allowed: None) -> Iterator[Any]:
    """A mailbox of fernhollow's at the fake of an Exchange server."""
    from tests.connectors.ews_worlds import ews_world
    from tests.mailboxes.dated import USER
    from tests.mailboxes.ews import exchange_server
    from tests.mailboxes.outgoing.drafts import EwsDesk

    with exchange_server(certificate_authority, settings=settings) as ews:
        ews_world(ews, USER)
        yield EwsDesk(ews)
