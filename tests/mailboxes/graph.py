"""A registered app and its mailboxes at the fake of Microsoft Graph, as rows of an organization."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from helpdesk.accounts.models import Organization
from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.oauth import clouds
from mailboxes.connectors.oauth.clouds import CloudHosts
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
from mailboxes.services.oauth.registrations import place_of_app
from mailboxes.services.setup.mailbox_inputs import MailboxInput, RegistrationInput
from tests.connectors.graph_worlds import FixedToken, cloud_at
from tests.factories.mailboxes import mailbox_input
from tests.fakes.entra import FakeEntra
from tests.fakes.graph import READ_WRITE, SEND, FakeGraph, throttled
from tests.fakes.graph_mailbox import FakeMailbox
from tests.fakes.https import Answer, Fault
from tests.mailboxes.dated import USER, DatedAccount
from tests.servers.certificates import CertificateAuthority


def point_at(graph: FakeGraph, monkeypatch: Any, settings: Any) -> FixedToken:
    """The global cloud is the fake, and every connection has its token."""
    from ipaddress import ip_network

    from mailboxes.services.oauth import graph_configs

    token = FixedToken()
    monkeypatch.setitem(clouds.CLOUDS, "global", cloud_at(graph.host))
    monkeypatch.setattr(graph_configs, "tokens_of", lambda _connection: token)
    settings.MAIL_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"), ip_network("::1"))
    settings.MAIL_ALLOWED_PORTS = frozenset({graph.port})
    settings.MAIL_CA_FILE = str(graph.authority.ca_path)
    settings.MAIL_READ_TIMEOUT_S = 15.0
    return token


@dataclass
class Microsoft:
    """Entra and Graph of one cloud, with an app that is registered and consented to."""

    entra: FakeEntra
    graph: FakeGraph
    tenant: str
    client_id: str = "b1f0d7c8-22aa-4c35-8f63-5e90a1c7d6f2"
    secret: str = "abc8Q~the-value-of-the-secret"

    def app(self, **changes: Any) -> RegistrationInput:
        """The app as an admin enters it."""
        return replace(
            RegistrationInput(tenant=self.tenant, client_id=self.client_id, client_secret=self.secret), **changes
        )

    def entered(self, address: str, *, app: RegistrationInput | None = None, **values: Any) -> MailboxInput:
        """A mailbox of the tenant as an admin enters it."""
        chosen = app or self.app()
        return mailbox_input(address=address, incoming=place_of_app(chosen), app=chosen, **values)


@contextmanager
def microsoft_cloud(authority: CertificateAuthority, *, monkeypatch: Any, settings: Any) -> Iterator[Microsoft]:
    """The global cloud is fake, with one tenant and one app in it; msal really talks to it."""
    from ipaddress import ip_network

    with FakeEntra(authority) as entra, FakeGraph(authority) as graph:
        graph.entra, graph.tokens, entra.graph_host = entra, {}, graph.host
        hosts = CloudHosts(
            login=entra.host, graph=graph.host, exchange=graph.host, exchange_resource=f"https://{graph.host}"
        )
        monkeypatch.setitem(clouds.CLOUDS, "global", hosts)
        settings.MAIL_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"), ip_network("::1"))
        settings.MAIL_ALLOWED_PORTS = frozenset({entra.port, graph.port})
        settings.MAIL_CA_FILE = str(authority.ca_path)
        made = Microsoft(entra, graph, tenant=entra.add_tenant("fernhollow.example"))
        entra.add_app(made.client_id, domain="fernhollow.example", secret=made.secret, roles={READ_WRITE, SEND})
        yield made


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


class GraphAccount(DatedAccount):
    """A mailbox of an organization's at the fake."""

    def __init__(self, graph: FakeGraph, organization: Organization, *, user: str = USER) -> None:
        self.graph = graph
        self.organization = organization
        self.user = user
        graph.mailbox(user)

    @property
    def boxes(self) -> Mapping[str, FakeMailbox]:
        return self.graph.mailboxes

    @property
    def box(self) -> FakeMailbox:
        return self.graph.mailbox(self.user)

    def connect(self, **values: Any) -> Mailbox:
        with organization_scope(self.organization.id):
            mailbox = make_graph_mailbox(make_registration(), user=self.user, **values)
            work.enqueue(WorkKind.POLL, organization_id=self.organization.id, row_id=mailbox.pk)
        self.mailbox_id = mailbox.pk
        return mailbox

    def next(self, *instead: Answer | Fault) -> None:
        self.graph.next("/mailFolders/inbox", *instead)

    def asks_to_wait(self, seconds: int) -> None:
        self.next(throttled(seconds))
