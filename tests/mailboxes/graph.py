"""A registered app and its mailboxes at the fake of Microsoft Graph, as rows of an organization."""

from __future__ import annotations

from typing import Any

from mailboxes.models import (
    Connection,
    ConnectionKind,
    Flow,
    Mailbox,
    OAuthGrant,
    OutgoingKind,
    OutgoingServer,
    Provider,
)
from tests.connectors.graph_worlds import FixedToken, cloud_at
from tests.fakes.graph import FakeGraph


def point_at(graph: FakeGraph, monkeypatch: Any, settings: Any) -> FixedToken:
    """The global cloud is the fake, and every connection has its token."""
    from ipaddress import ip_network

    from mailboxes.connectors.oauth import clouds
    from mailboxes.services import graph_configs

    token = FixedToken()
    monkeypatch.setitem(clouds.CLOUDS, "global", cloud_at(graph.host))
    monkeypatch.setattr(graph_configs, "tokens_of", lambda _connection: token)
    settings.MAIL_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"), ip_network("::1"))
    settings.MAIL_ALLOWED_PORTS = frozenset({graph.port})
    settings.MAIL_CA_FILE = str(graph.authority.ca_path)
    settings.MAIL_READ_TIMEOUT_S = 3.0
    return token


def make_registration() -> Connection:
    """A connection by an app's own right. In the scope."""
    connection: Connection = Connection.objects.create(kind=ConnectionKind.GRAPH, host="", port=443, username="")
    OAuthGrant.objects.create(
        connection=connection, provider=Provider.MICROSOFT, flow=Flow.APP, tenant="fernhollow.example", client_id="app"
    )
    return connection


def make_graph_server(connection: Connection, *, user: str) -> OutgoingServer:
    """Mail leaves from this user's mailbox. In the scope."""
    server: OutgoingServer = OutgoingServer.objects.create(
        kind=OutgoingKind.GRAPH, host="", port=443, login_of=connection, username=user
    )
    return server


def make_graph_mailbox(connection: Connection, *, user: str, **fields: Any) -> Mailbox:
    """A mailbox that is read and sent from through Graph. In the scope."""
    values: dict[str, Any] = {"name": "Support", "address": user, "sent_filing": False} | fields
    mailbox: Mailbox = Mailbox.objects.create(
        connection=connection, outgoing=make_graph_server(connection, user=user), **values
    )
    return mailbox
