"""A mailbox on the fake of Microsoft Graph, and the connectors to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from helpdesk.lib.net import HostGuard
from mailboxes.connectors.config import GraphConfig, Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.graph import GraphSource
from mailboxes.connectors.oauth.clouds import CloudHosts
from tests.connectors.configs import LOOPBACK, PATIENT
from tests.fakes.graph import TOKEN, FakeGraph
from tests.fakes.graph_mailbox import FakeMailbox


@dataclass
class FixedToken:
    """Gives the same token, and another once it was refused; after that there is none."""

    value: str = TOKEN
    next_value: str = ""
    refused: list[str] = field(default_factory=list)

    def token(self, *, refused: str = "") -> str:
        if not refused:
            return self.value
        self.refused.append(refused)
        if not self.next_value:
            raise ConnectorError(Reason.LOGIN_REFUSED, permanent=True)
        self.value, self.next_value = self.next_value, ""
        return self.value


@dataclass
class GraphWorld:
    """One user of the fake."""

    graph: FakeGraph
    user: str
    tokens: FixedToken = field(default_factory=FixedToken)

    @property
    def mailbox(self) -> FakeMailbox:
        return self.graph.mailbox(self.user)

    def config(self, *, folder: str = "INBOX", timeouts: Timeouts = PATIENT, port: int | None = None) -> GraphConfig:
        host = f"localhost:{port or self.graph.port}"
        return GraphConfig(
            user=self.user,
            hosts=cloud_at(host),
            tokens=self.tokens,
            guard=HostGuard(allowed_networks=LOOPBACK, allowed_ports=frozenset({port or self.graph.port})),
            timeouts=timeouts,
            ca_file=str(self.graph.authority.ca_path),
            folder=folder,
        )

    def source(self, *, folder: str = "INBOX", timeouts: Timeouts = PATIENT, port: int | None = None) -> GraphSource:
        return GraphSource(self.config(folder=folder, timeouts=timeouts, port=port))


def cloud_at(host: str) -> CloudHosts:
    """A cloud all of whose services are at this host and port."""
    return CloudHosts(login=host, graph=host, exchange=host, exchange_resource=f"https://{host}")
