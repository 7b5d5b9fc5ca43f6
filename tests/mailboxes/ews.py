"""A mailbox of an organization's at the fake of an Exchange server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import Any

from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.config import EwsConfig
from mailboxes.connectors.oauth import clouds
from mailboxes.connectors.oauth.clouds import CloudHosts
from mailboxes.models import ConnectionKind, Mailbox, SecurityChoice
from mailboxes.services.setup.connections import CONFIGS
from mailboxes.services.setup.mailbox_inputs import MailboxInput, RegistrationInput, ServerInput
from mailboxes.services.setup.mailboxes import create_mailbox
from tests.connectors.ews_worlds import ENDPOINT, busy, ews_world
from tests.factories.mailboxes import mailbox_input
from tests.fakes.entra import FakeEntra
from tests.fakes.ews import FULL_ACCESS, PASSWORD, FakeEws
from tests.fakes.graph_mailbox import FakeMailbox
from tests.fakes.https import Answer, Fault
from tests.mailboxes.dated import USER as USER
from tests.mailboxes.dated import DatedAccount
from tests.servers.certificates import CertificateAuthority


@contextmanager
def exchange_server(authority: CertificateAuthority, *, settings: Any) -> Iterator[FakeEws]:
    """A running fake that the operator lets us reach."""
    with FakeEws(authority) as ews:
        settings.MAIL_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"), ip_network("::1"))
        settings.MAIL_ALLOWED_PORTS = frozenset({ews.port})
        settings.MAIL_CA_FILE = str(authority.ca_path)
        settings.MAIL_READ_TIMEOUT_S = 15.0
        yield ews


@dataclass
class ExchangeOnline:
    """An Entra and the Exchange server that takes its tokens, with an app that may open every mailbox."""

    entra: FakeEntra
    ews: FakeEws
    tenant: str
    client_id: str = "b1f0d7c8-22aa-4c35-8f63-5e90a1c7d6f2"
    secret: str = "abc8Q~the-value-of-the-secret"

    def app(self, **changes: Any) -> RegistrationInput:
        """The app as an admin enters it."""
        app = RegistrationInput(tenant=self.tenant, client_id=self.client_id, client_secret=self.secret)
        return replace(app, **changes)

    def place(self) -> ServerInput:
        """The server as an admin enters it."""
        return ServerInput("localhost", self.ews.port, SecurityChoice.TLS, self.tenant, kind=ConnectionKind.EWS)

    def entered(self, address: str, *, app: RegistrationInput | None = None, **values: Any) -> MailboxInput:
        """A mailbox of the tenant as an admin enters it."""
        return mailbox_input(address=address, incoming=self.place(), app=app or self.app(), **values)


@contextmanager
def exchange_online(
    authority: CertificateAuthority, *, monkeypatch: Any, settings: Any, own_server: bool = False
) -> Iterator[ExchangeOnline]:
    """The global cloud is fake, with one tenant and one app in it; own_server: the mail is not in the cloud."""
    with FakeEntra(authority) as entra, exchange_server(authority, settings=settings) as ews:
        ews.offers, ews.entra, ews.tokens = ["bearer"], entra, {}
        exchange = "outlook.example" if own_server else ews.host
        hosts = CloudHosts(entra.host, "graph.example", exchange, f"https://{exchange}")
        monkeypatch.setitem(clouds.CLOUDS, "global", hosts)
        settings.MAIL_ALLOWED_PORTS = frozenset({entra.port, ews.port})
        made = ExchangeOnline(entra, ews, entra.add_tenant("fernhollow.example"))
        entra.add_app(made.client_id, domain="fernhollow.example", secret=made.secret, roles={FULL_ACCESS})
        yield made


class EwsAccount(DatedAccount):
    """A mailbox of an organization's at the fake."""

    def __init__(self, ews: FakeEws, organization: Any, *, user: str = USER) -> None:
        self.ews = ews
        self.organization = organization
        self.user = user
        ews_world(ews, user)

    @property
    def boxes(self) -> Mapping[str, FakeMailbox]:
        return self.ews.mailboxes

    @property
    def box(self) -> FakeMailbox:
        return self.ews.mailbox(self.user)

    def entered(self, *, username: str = "") -> ServerInput:
        """The server as an admin enters it."""
        return ServerInput(
            host="localhost",
            port=self.ews.port,
            security=SecurityChoice.TLS,
            username=username or self.user,
            password=PASSWORD,
            kind=ConnectionKind.EWS,
        )

    def connect(self, *, username: str = "", **values: Any) -> Mailbox:
        incoming = self.entered(username=username)
        with organization_scope(self.organization.id):
            mailbox = create_mailbox(mailbox_input(incoming=incoming, **{"address": self.user, **values}))
        self.mailbox_id = mailbox.id
        return mailbox

    def next(self, *instead: Answer | Fault) -> None:
        self.ews.next(ENDPOINT, *instead)

    def asks_to_wait(self, seconds: int) -> None:
        self.next(busy(seconds * 1000))

    def config(self) -> EwsConfig:
        """What the connector is told."""
        with organization_scope(self.organization.id):
            config = CONFIGS[ConnectionKind.EWS](Mailbox.objects.get(id=self.mailbox_id))
        assert isinstance(config, EwsConfig)
        return config
