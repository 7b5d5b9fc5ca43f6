"""One certificate trusted by its fingerprint, on real servers: it is accepted whatever it says, and no other is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from helpdesk.lib import clock
from helpdesk.lib.net import HostGuard
from mailboxes.connectors.config import EwsConfig, ImapConfig, Pop3Config, Security, ServerLogin, SmtpConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap_idle import listen
from mailboxes.connectors.known_hosts import has_public_certificate
from mailboxes.connectors.registry import sender_for, source_for
from mailboxes.connectors.trust import spelled, trusted_of
from tests.connectors.configs import LOOPBACK, login
from tests.connectors.ews_worlds import ews_world
from tests.connectors.scripted import Encrypt, ScriptedImap
from tests.connectors.worlds import PASSWORD
from tests.fakes.ews import PASSWORD as EWS_PASSWORD
from tests.fakes.ews import FakeEws
from tests.servers.certificates import Certificate, CertificateAuthority
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer

pytestmark = [pytest.mark.servers, pytest.mark.req("S4.47")]
ANN = "ann@fernhollow.example"
OTHER = "ab" * 32


class Servers:
    """One of each kind, all of them showing the same certificate."""

    ways: ClassVar[tuple[str, ...]] = ("imap-tls", "imap-starttls", "pop3-tls", "pop3-starttls", "smtp-tls")
    ways += ("smtp-starttls", "ews-tls")

    def __init__(self, authority: CertificateAuthority, certificate: Certificate, running: ExitStack) -> None:
        self.certificate = certificate
        self.dovecot = running.enter_context(Dovecot(authority=authority, certificate=certificate))
        self.dovecot.add_user(ANN, PASSWORD)
        self.smtp = running.enter_context(SmtpServer(authority=authority, certificate=certificate))
        self.smtp.behave(users={ANN: PASSWORD})
        self.ews = running.enter_context(FakeEws(authority, certificate=certificate))
        ews_world(self.ews, ANN)

    def login(self, way: str, *, trusted: str) -> ServerLogin:
        protocol, security = way.split("-")
        ports = {
            "imap-tls": self.dovecot.imaps_port,
            "imap-starttls": self.dovecot.imap_port,
            "pop3-tls": self.dovecot.pop3s_port,
            "pop3-starttls": self.dovecot.pop3_port,
            "smtp-tls": self.smtp.tls_port,
            "smtp-starttls": self.smtp.port,
            "ews-tls": self.ews.port,
        }
        password = EWS_PASSWORD if protocol == "ews" else PASSWORD
        plain = login(ports[way], security=Security(security), username=ANN, password=password)
        return replace(plain, trusted_sha256=trusted)

    def visit(self, way: str, *, trusted: str) -> None:
        """The server was signed in to."""
        account = self.login(way, trusted=trusted)
        _VISITS[way.partition("-")[0]](account)


def _read(kind: str, config: Any) -> None:
    with source_for(kind, config).open():
        pass


_VISITS: dict[str, Callable[[ServerLogin], None]] = {
    "imap": lambda account: _read("imap", ImapConfig(account)),
    "pop3": lambda account: _read("pop3", Pop3Config(account)),
    "ews": lambda account: _read("ews", EwsConfig(account, user=ANN)),
    "smtp": lambda account: sender_for("smtp", SmtpConfig(account)).check(),
}


@pytest.fixture(scope="module")
def servers(certificate_authority: CertificateAuthority) -> Iterator[Servers]:
    """Self-signed, and for another name."""
    with ExitStack() as running:
        yield Servers(certificate_authority, certificate_authority.self_signed("mail.inside.example"), running)


@pytest.mark.parametrize("way", Servers.ways)
def test_a_self_signed_certificate_is_refused_until_it_is_trusted(servers: Servers, way: str) -> None:
    with pytest.raises(ConnectorError) as refused:
        servers.visit(way, trusted="")
    assert refused.value.reason is Reason.TLS_CERTIFICATE_UNTRUSTED
    servers.visit(way, trusted=servers.certificate.sha256)


@pytest.mark.parametrize("way", Servers.ways)
def test_another_certificate_than_the_trusted_one_is_refused_with_both_fingerprints(servers: Servers, way: str) -> None:
    with pytest.raises(ConnectorError) as refused:
        servers.visit(way, trusted=OTHER)
    assert (refused.value.reason, refused.value.permanent) == (Reason.TLS_CERTIFICATE_CHANGED, False)
    assert refused.value.detail == f"trusted: {spelled(OTHER)}; shown: {spelled(servers.certificate.sha256)}"


def test_an_expired_certificate_is_accepted_once_it_is_trusted(certificate_authority: CertificateAuthority) -> None:
    expired = certificate_authority.issue(expired=True)
    with Dovecot(authority=certificate_authority, certificate=expired) as server:
        server.add_user(ANN, PASSWORD)
        account = login(server.imaps_port, security=Security.TLS, username=ANN, ca_path=certificate_authority.ca_path)
        with pytest.raises(ConnectorError) as refused:
            _read("imap", ImapConfig(account))
        assert refused.value.reason is Reason.TLS_CERTIFICATE_EXPIRED
        _read("imap", ImapConfig(replace(account, trusted_sha256=expired.sha256)))


def test_a_certificate_that_authorities_vouch_for_is_refused_where_another_is_trusted(dovecot: Dovecot) -> None:
    dovecot.add_user(ANN, PASSWORD)
    account = login(dovecot.imaps_port, security=Security.TLS, username=ANN, ca_path=dovecot.ca_path)
    with pytest.raises(ConnectorError) as refused:
        _read("imap", ImapConfig(replace(account, trusted_sha256=OTHER)))
    assert refused.value.reason is Reason.TLS_CERTIFICATE_CHANGED


def test_listening_for_mail_goes_by_the_trusted_certificate(servers: Servers) -> None:
    account = servers.login("imap-tls", trusted=servers.certificate.sha256)
    listen(ImapConfig(account), now=clock.monotonic()).close()
    with pytest.raises(ConnectorError) as refused:
        listen(ImapConfig(replace(account, trusted_sha256=OTHER)), now=clock.monotonic())
    assert refused.value.reason is Reason.TLS_CERTIFICATE_CHANGED


def test_nothing_is_said_over_a_connection_with_another_certificate(
    certificate_authority: CertificateAuthority,
) -> None:
    capable = b"* CAPABILITY IMAP4rev1 STARTTLS\r\nTAG OK done\r\n"
    begin = Encrypt(b"TAG OK begin\r\n", certificate_authority.issue().server_context)
    with ScriptedImap({"CAPABILITY": capable, "STARTTLS": begin}) as server:
        account = login(server.port, security=Security.STARTTLS, ca_path=certificate_authority.ca_path)
        with pytest.raises(ConnectorError):
            _read("imap", ImapConfig(replace(account, trusted_sha256=OTHER)))
    assert server.commands == ["CAPABILITY", "STARTTLS"]


class _Tokens:
    def token(self, *, refused: str = "") -> str:
        del refused
        return "bearer"


def test_whoever_shows_a_token_is_never_led_by_a_fingerprint(servers: Servers) -> None:
    account = replace(servers.login("imap-tls", trusted=servers.certificate.sha256), tokens=_Tokens())
    assert trusted_of(account) == ""
    with pytest.raises(ConnectorError) as refused:
        _read("imap", ImapConfig(account))
    assert refused.value.reason is Reason.TLS_CERTIFICATE_UNTRUSTED


@pytest.mark.parametrize(
    ("host", "is_public"),
    [
        ("outlook.office365.com", True),
        ("smtp.gmail.com", True),
        ("IMAP.GMAIL.COM.", True),
        ("graph.microsoft.com", True),
        ("login.microsoftonline.us", True),
        ("imap.fastmail.com", True),
        ("mail.inside.example", False),
        ("gmail.com.inside.example", False),
    ],
)
def test_servers_of_known_providers_are_checked_by_authorities_alone(host: str, is_public: bool) -> None:
    assert has_public_certificate(host) is is_public
    account = ServerLogin(host, 993, Security.TLS, ANN, PASSWORD, HostGuard(LOOPBACK), trusted_sha256=OTHER)
    assert trusted_of(account) == ("" if is_public else OTHER)
