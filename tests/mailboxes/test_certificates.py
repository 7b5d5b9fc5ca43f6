"""When a server's certificate ends is seen on the connection that is there anyway, and kept once a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509

from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Connection, ConnectionKind, OAuthGrant, OutgoingServer, Provider, SecurityChoice
from mailboxes.services.oauth.tokens import GrantTokens
from mailboxes.services.sending.named_servers import NamedServerInput, change_named, create_named
from mailboxes.services.setup.mailboxes import update_mailbox
from tests.factories.grants import make_grant
from tests.factories.outgoing import make_outgoing_server, queue_mail
from tests.fakes.ews import FakeEws
from tests.mailboxes.ews import EwsAccount

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


def end_of(server: Any) -> datetime:
    """When the certificate of a test server ends."""
    return x509.load_pem_x509_certificate(server._certificate.path.read_bytes()).not_valid_after_utc


@pytest.mark.both
def test_a_poll_keeps_the_end_of_the_certificate(account: Any, dovecot: Any) -> None:
    account.connect()
    account.poll()
    connection = account.mailbox().connection
    assert connection.certificate_ends_at == end_of(dovecot)
    assert connection.certificate_seen_at <= clock.now()


def test_pop3_and_starttls_show_it_as_well(account: Any, pop3_account: Any, dovecot: Any) -> None:
    pop3_account.connect()
    pop3_account.poll()
    assert pop3_account.mailbox().connection.certificate_ends_at == end_of(dovecot)
    account.connect()
    with organization_scope(account.organization.id):
        Connection.objects.filter(kind=ConnectionKind.IMAP).update(
            port=dovecot.imap_port, security=SecurityChoice.STARTTLS
        )
    account.poll()
    assert account.mailbox().connection.certificate_ends_at == end_of(dovecot)


@pytest.mark.parametrize(("age", "is_kept"), [(timedelta(hours=23), False), (timedelta(hours=25), True)])
def test_it_is_kept_once_a_day(account: Any, dovecot: Any, age: timedelta, is_kept: bool) -> None:
    account.connect()
    other = clock.now() + timedelta(days=1)
    with organization_scope(account.organization.id):
        Connection.objects.update(certificate_ends_at=other, certificate_seen_at=clock.now() - age)
    account.poll()
    assert (account.mailbox().connection.certificate_ends_at == end_of(dovecot)) is is_kept
    account.poll()
    assert (account.mailbox().connection.certificate_ends_at == end_of(dovecot)) is is_kept


def test_another_server_has_another_certificate(account: Any) -> None:
    account.connect()
    account.poll()
    with organization_scope(account.organization.id):
        update_mailbox(account.mailbox(), account.entered(port=1), actor=None)
    assert account.mailbox().connection.certificate_ends_at is None


@pytest.mark.both
@pytest.mark.parametrize("security", [SecurityChoice.STARTTLS, SecurityChoice.TLS])
def test_a_delivery_keeps_the_end_of_the_outgoing_servers_certificate(
    mail_settings: Any, smtp_server: Any, fernhollow: Any, security: SecurityChoice
) -> None:
    port = smtp_server.tls_port if security == SecurityChoice.TLS else smtp_server.port
    with organization_scope(fernhollow.id):
        server = make_outgoing_server(port, host="localhost", security=security)
        queue_mail(server)
    drains.drain_now(WorkKind.DELIVER)
    with organization_scope(fernhollow.id):
        assert OutgoingServer.objects.get().certificate_ends_at == end_of(smtp_server)


def test_a_delivery_that_is_put_off_keeps_it_as_well(mail_settings: Any, smtp_server: Any, fernhollow: Any) -> None:
    smtp_server.behave(recipient_answers={"anna@customer.test": "450 4.2.1 later"})
    with organization_scope(fernhollow.id):
        queue_mail(make_outgoing_server(smtp_server.port, host="localhost", security=SecurityChoice.STARTTLS))
    drains.drain_now(WorkKind.DELIVER)
    with organization_scope(fernhollow.id):
        assert OutgoingServer.objects.get().certificate_ends_at == end_of(smtp_server)


def test_another_outgoing_server_has_another_certificate(people: Any, fernhollow: Any) -> None:
    entered = NamedServerInput(
        name="Relay", host="relay.example.test", port=587, security=SecurityChoice.STARTTLS, username=""
    )
    with organization_scope(fernhollow.id):
        server = create_named(entered, actor=people.admin)
        server.certificate_ends_at = server.certificate_seen_at = clock.now()
        server.save()
        assert change_named(server, replace(entered, name="Post"), actor=people.admin).certificate_ends_at is not None
        assert change_named(server, replace(entered, port=465), actor=people.admin).certificate_ends_at is None


@pytest.mark.both
def test_an_exchange_server_shows_it_too(
    certificate_authority: Any, settings: Any, mail_settings: Any, fernhollow: Any
) -> None:
    with FakeEws(certificate_authority) as ews:
        settings.MAIL_ALLOWED_PORTS = frozenset({ews.port})
        exchange = EwsAccount(ews, fernhollow)
        exchange.connect()
        exchange.poll()
    assert exchange.mailbox().connection.certificate_ends_at == end_of(ews)


@pytest.mark.both
def test_a_renewal_of_tokens_keeps_the_end_of_the_token_addresss_certificate(google: Any, fernhollow: Any) -> None:
    addresses = {
        "authorize_url": google.endpoints.authorize_url,
        "token_url": google.endpoints.token_url,
        "client_auth": "post",
    }
    grants = [
        make_grant(fernhollow, provider=provider, client_id=google.client_id, secret=google.client_secret, **addresses)
        for provider in (Provider.OTHER, Provider.GOOGLE)
    ]
    for grant in grants:
        GrantTokens(organization_id=fernhollow.id, grant_id=grant.id).token()
    with organization_scope(fernhollow.id):
        ends = [OAuthGrant.objects.get(id=grant.id).certificate_ends_at for grant in grants]
    assert ends == [end_of(google), None]
