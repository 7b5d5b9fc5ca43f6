"""Proxies as objects: named, audited, their passwords kept where they belong, and used by what selected them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import drains, secrets
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import (
    Connection,
    ConnectionKind,
    Mailbox,
    OAuthGrant,
    OutgoingServer,
    Provider,
    Proxy,
    SecurityChoice,
)
from mailboxes.services.oauth.grant_inputs import AppInput
from mailboxes.services.oauth.grant_setup import create_signed_in_mailbox
from mailboxes.services.oauth.signing_in import begin, finish, redirect_address
from mailboxes.services.reading.foreground import poll_now
from mailboxes.services.sending.named_servers import NamedServerInput, change_named, create_named
from mailboxes.services.sending.outgoing_servers import sender_of
from mailboxes.services.setup.drafts import finish_draft
from mailboxes.services.setup.mailboxes import create_mailbox
from mailboxes.services.setup.proxies import (
    ProxyInput,
    change_proxy,
    create_proxy,
    delete_proxy,
    proxy_config,
    users_of,
)
from tests.factories.outgoing import queue_mail
from tests.fakes.ews import FakeEws
from tests.fakes.oauth_people import query_of
from tests.mailboxes.account import mail
from tests.mailboxes.ews import EwsAccount
from tests.mailboxes.graph import Microsoft, microsoft_cloud
from tests.servers.certificates import CertificateAuthority
from tests.servers.egress import PASSWORD, USER, EgressProxy

pytestmark = [pytest.mark.django_db, pytest.mark.req("S4.25")]

ADDRESS = "support@fernhollow.example"
ENTERED = ProxyInput("Way out", "socks5", "proxy.example", 1080, username="u", password="pr0xy-word")


@pytest.fixture
def actor(people: Any) -> Iterator[Any]:
    with organization_scope(people.admin.organization_id):
        yield people.admin


@pytest.mark.both
def test_its_password_is_sealed_and_told_to_connectors_alone(actor: Any) -> None:
    proxy = create_proxy(ENTERED, actor=actor)
    assert "pr0xy-word" not in proxy.password_sealed
    config = proxy_config(proxy)
    assert config is not None
    assert (config.username, config.password) == ("u", "pr0xy-word")
    assert "pr0xy-word" not in repr(config)
    entry = AuditEntry.objects.get(action="proxy.created")
    assert "pr0xy-word" not in str(entry.changes)


@pytest.mark.parametrize(
    "other",
    [{"host": "evil.example"}, {"port": 1081}, {"kind": "http"}, {"username": "v"}],
    ids=lambda o: next(iter(o)),
)
def test_a_password_never_goes_to_a_proxy_it_was_not_entered_for(actor: Any, other: dict[str, Any]) -> None:
    proxy = create_proxy(ENTERED, actor=actor)
    change_proxy(proxy, replace(ENTERED, password="", **other), actor=actor)
    assert secrets.open_for(Proxy.objects.get(), "password_sealed") == ""


def test_another_name_keeps_the_password(actor: Any) -> None:
    proxy = create_proxy(ENTERED, actor=actor)
    change_proxy(proxy, replace(ENTERED, name="Other", password=""), actor=actor)
    assert secrets.open_for(Proxy.objects.get(), "password_sealed") == "pr0xy-word"
    assert AuditEntry.objects.get(action="proxy.changed").changes == {"name": ["Way out", "Other"]}


@pytest.mark.parametrize(
    ("entered", "code"),
    [
        ({"host": "no host"}, "host"),
        ({"host": ""}, "host"),
        ({"port": 0}, "port"),
        ({"port": 70_000}, "port"),
        ({"name": "a\nb"}, "control_characters"),
        ({"kind": "http", "username": "a:b"}, "username"),
    ],
)
def test_what_cannot_be_is_refused(actor: Any, entered: dict[str, Any], code: str) -> None:
    with pytest.raises(DomainError) as error:
        create_proxy(replace(ENTERED, **entered), actor=actor)
    assert error.value.code == code
    assert not Proxy.objects.exists()


def test_a_name_is_taken_once(actor: Any) -> None:
    create_proxy(ENTERED, actor=actor)
    with pytest.raises(DomainError, match="this name"):
        create_proxy(ENTERED, actor=actor)


@pytest.mark.servers
@pytest.mark.parametrize("kind", ["socks5", "http"])
def test_a_mailbox_is_polled_through_its_proxy_and_protects_it(account: Any, people: Any, kind: Any) -> None:
    mailbox = account.connect(is_looked_at=False)
    with EgressProxy(kind) as running:
        entered = ProxyInput("Way out", kind, "127.0.0.1", running.port, username=USER, password=PASSWORD)
        with organization_scope(account.organization.id):
            proxy = create_proxy(entered, actor=people.admin)
            Connection.objects.filter(id=mailbox.connection_id).update(proxy=proxy)
            assert users_of(proxy) == [mailbox]
            with pytest.raises(DomainError, match="Choose another way"):
                delete_proxy(proxy, actor=people.admin)
        account.deliver(1)
        counts = account.poll()
        assert (counts.stored, counts.errors) == (1, [])
    counts = account.poll()
    assert counts.errors == ["proxy_unreachable"]


# What goes through a proxy, kind by kind: with it everything works, and nothing does once it is away.


@pytest.fixture(params=["socks5", "http"])
def way_out(request: pytest.FixtureRequest, people: Any) -> Iterator[tuple[EgressProxy, Proxy]]:
    """A running proxy, and the organization's row of it."""
    with EgressProxy(request.param) as running:
        entered = ProxyInput("Way out", request.param, "127.0.0.1", running.port, username=USER, password=PASSWORD)
        with organization_scope(people.admin.organization_id):
            proxy = create_proxy(entered, actor=people.admin)
        yield running, proxy


@pytest.fixture
def microsoft(
    certificate_authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any
) -> Iterator[Microsoft]:
    """A tenant with an app and a mailbox; all ports are allowed, so that the proxies' are."""
    settings.MEDIA_ROOT = tmp_path / "files"
    with microsoft_cloud(certificate_authority, monkeypatch=monkeypatch, settings=settings) as made:
        settings.MAIL_ALLOWED_PORTS = frozenset(range(1024, 65536))
        settings.MAIL_CONNECT_TIMEOUT_S = 3.0
        made.graph.mailbox(ADDRESS)
        yield made


def poll(mailbox_id: int) -> tuple[int, list[str]]:
    """How much was stored, and what went wrong."""
    counts = poll_now(mailbox_id, is_processed=False, wait_s=5)
    return counts.stored, counts.errors


@pytest.mark.servers
def test_an_app_reads_sends_and_gets_its_tokens_through_the_proxy(
    way_out: tuple[EgressProxy, Proxy], microsoft: Microsoft, fernhollow: Any
) -> None:
    running, proxy = way_out
    with organization_scope(fernhollow.id):
        mailbox = create_mailbox(microsoft.entered(ADDRESS, proxy=proxy))
        assert users_of(proxy) == [mailbox]
    microsoft.graph.mailbox(ADDRESS).deliver(mail(1))
    assert poll(mailbox.id) == (1, [])
    with organization_scope(fernhollow.id):
        queue_mail(Mailbox.objects.select_related("outgoing__login_of").get().outgoing, mailbox=mailbox)
    drains.drain_now(WorkKind.DELIVER)
    assert len(microsoft.graph.sent) == 1
    asked = len(microsoft.entra.requests) + len(microsoft.graph.requests)
    running.__exit__(None, None, None)
    microsoft.graph.mailbox(ADDRESS).deliver(mail(2))
    assert poll(mailbox.id) == (0, ["proxy_unreachable"])
    with organization_scope(fernhollow.id):
        OAuthGrant.objects.update(tokens_sealed="")
    assert poll(mailbox.id) == (0, ["proxy_unreachable"])
    assert len(microsoft.entra.requests) + len(microsoft.graph.requests) == asked


@pytest.mark.servers
def test_a_sign_in_and_its_renewals_go_through_the_proxy(
    way_out: tuple[EgressProxy, Proxy], microsoft: Microsoft, people: Any, fernhollow: Any, settings: Any
) -> None:
    running, proxy = way_out
    settings.BASE_URL = "https://desk.example"
    app = microsoft.entra.apps[microsoft.client_id]
    app.redirect_uris, microsoft.entra.browser = [redirect_address()], ADDRESS
    entered = AppInput(client_id=microsoft.client_id, client_secret=microsoft.secret, tenant=microsoft.tenant)
    with organization_scope(fernhollow.id):
        mailbox = create_signed_in_mailbox(
            name="Help",
            address=ADDRESS,
            account=ADDRESS,
            provider=Provider.MICROSOFT,
            kind=ConnectionKind.GRAPH,
            app=entered,
            proxy=proxy,
        )
        assert mailbox.connection.proxy == proxy
        begun = begin(mailbox)
    back = query_of(microsoft.entra.signs_in(begun.url))
    trouble = finish(mailbox.pk, begun, answer=back, organization_id=fernhollow.id, actor=people.admin)
    assert trouble is None
    with organization_scope(fernhollow.id):
        finish_draft(mailbox, starts=True)
    assert poll(mailbox.pk)[1] == []
    asked = len(microsoft.entra.requests)
    running.__exit__(None, None, None)
    again = finish(mailbox.pk, begun, answer=back, organization_id=fernhollow.id, actor=people.admin)
    assert again is not None
    assert again.reason == "proxy_unreachable"
    assert len(microsoft.entra.requests) == asked


@pytest.mark.servers
def test_an_exchange_server_is_read_through_the_proxy(
    way_out: tuple[EgressProxy, Proxy], certificate_authority: CertificateAuthority, settings: Any, fernhollow: Any
) -> None:
    from ipaddress import ip_network

    running, proxy = way_out
    settings.MAIL_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"), ip_network("::1"))
    settings.MAIL_ALLOWED_PORTS = frozenset(range(1024, 65536))
    settings.MAIL_CA_FILE = str(certificate_authority.ca_path)
    with FakeEws(certificate_authority) as ews:
        account = EwsAccount(ews, fernhollow)
        mailbox = account.connect(proxy=proxy)
        account.put(1)
        assert poll(mailbox.id) == (1, [])
        asked = len(ews.requests)
        running.__exit__(None, None, None)
        assert poll(mailbox.id) == (0, ["proxy_unreachable"])
        assert len(ews.requests) == asked


@pytest.mark.servers
def test_mail_leaves_through_the_proxy_of_an_outgoing_server(
    way_out: tuple[EgressProxy, Proxy], smtp_server: Any, settings: Any, people: Any, fernhollow: Any
) -> None:
    from ipaddress import ip_network

    running, proxy = way_out
    settings.MAIL_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"), ip_network("::1"))
    settings.MAIL_ALLOWED_PORTS = frozenset(range(1024, 65536))
    settings.MAIL_CA_FILE = str(smtp_server.ca_path)
    smtp_server.behave(users={"ann": "s3cret-word"})
    entered = NamedServerInput(
        "Relay", "localhost", smtp_server.tls_port, SecurityChoice.TLS, "ann", "s3cret-word", proxy=proxy
    )
    with organization_scope(fernhollow.id):
        server = create_named(entered, actor=people.admin)
        sender_of(server).check()
        running.__exit__(None, None, None)
        with pytest.raises(ConnectorError) as error:
            sender_of(server).check()
        assert error.value.reason is Reason.PROXY_UNREACHABLE
        with pytest.raises(DomainError, match="Outgoing servers"):
            delete_proxy(proxy, actor=people.admin)
        change_named(server, replace(entered, proxy=None), actor=people.admin)
        sender_of(OutgoingServer.objects.get(name="Relay")).check()
        assert AuditEntry.objects.get(action="outgoing.changed").changes["proxy"] == ["Way out", None]
        delete_proxy(proxy, actor=people.admin)
