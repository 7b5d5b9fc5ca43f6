"""Trust in one certificate of a server: kept for its host and port, audited, used by polls and deliveries, ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.trust import spelled
from mailboxes.diagnosis.certificates import CertificateFacts, TrustOffer
from mailboxes.models import Connection, Health, Mailbox, SecurityChoice, TrustedCertificate
from mailboxes.services.sending.named_servers import NamedServerInput, change_named, create_named, delete_named
from mailboxes.services.sending.outgoing_servers import smtp_config
from mailboxes.services.sending.pauses import pause_server
from mailboxes.services.setup.connections import server_login
from mailboxes.services.setup.mailboxes import delete_mailbox, update_mailbox
from mailboxes.services.setup.trusted_certificates import end_trust, trust_certificate
from mailboxes.services.setup.trusted_fingerprints import trusted_sha256
from tests.factories.mailboxes import mailbox_input, make_mailbox
from tests.mailboxes.account import Account
from tests.servers.dovecot import Dovecot

pytestmark = [pytest.mark.django_db, pytest.mark.req("S4.47")]
SHA256 = "ab" * 32


def offer(host: str = "imap.example.test", port: int = 993, sha256: str = SHA256) -> TrustOffer:
    starts_at = clock.now() - timedelta(days=1)
    facts = CertificateFacts(
        names=("mail.inside.example",),
        starts_at=starts_at,
        expires_at=starts_at + timedelta(days=90),
        issuer="Inside",
        is_self_signed=False,
        subject="mail.inside.example",
        sha256=sha256,
    )
    return TrustOffer(host, port, facts)


@pytest.fixture
def actor(people: Any) -> Iterator[Any]:
    with organization_scope(people.admin.organization_id):
        yield people.admin


@pytest.mark.both
def test_it_counts_for_the_host_and_port_and_is_audited(actor: Any) -> None:
    trust_certificate(offer("Imap.Example.test"), actor=actor)
    assert trusted_sha256("IMAP.example.test ", 993) == SHA256
    assert trusted_sha256("imap.example.test", 143) == ""
    assert trusted_sha256("imap.example.org", 993) == ""
    entry = AuditEntry.objects.get(action="certificate.trusted")
    assert (entry.target_label, entry.changes) == (
        "imap.example.test:993",
        {"fingerprint": [None, spelled(SHA256)]},
    )


@pytest.mark.both
def test_another_organization_trusts_nothing_by_it(actor: Any, otherco: Any) -> None:
    trust_certificate(offer(), actor=actor)
    with organization_scope(otherco.id):
        assert trusted_sha256("imap.example.test", 993) == ""


def test_a_new_one_takes_the_place_of_the_old_one(actor: Any) -> None:
    trust_certificate(offer(), actor=actor)
    trust_certificate(offer(sha256="cd" * 32), actor=actor)
    assert trusted_sha256("imap.example.test", 993) == "cd" * 32
    changes = AuditEntry.objects.filter(action="certificate.trusted").order_by("-id")[0].changes
    assert changes == {"fingerprint": [spelled(SHA256), spelled("cd" * 32)]}


def test_connectors_are_told_for_reading_and_sending(actor: Any) -> None:
    mailbox = make_mailbox(actor.organization)
    server = create_named(_relay(), actor=actor)
    assert server_login(mailbox.connection).trusted_sha256 == ""
    Connection.objects.update(certificate_ends_at=clock.now())
    trust_certificate(offer(), actor=actor)
    trust_certificate(offer("smtp.example.test", 587), actor=actor)
    mailbox.connection.refresh_from_db()
    assert server_login(mailbox.connection).trusted_sha256 == SHA256
    assert mailbox.connection.certificate_ends_at is None  # no warning about an end that matters no longer
    assert smtp_config(server).login.trusted_sha256 == SHA256


def test_ending_it_is_audited(actor: Any) -> None:
    end_trust(trust_certificate(offer(), actor=actor), actor=actor)
    assert trusted_sha256("imap.example.test", 993) == ""
    assert AuditEntry.objects.get(action="certificate.trust_ended").actor == actor


@pytest.mark.parametrize("change", [{"host": "imap.example.org"}, {"port": 1993}])
def test_another_host_or_port_ends_it(actor: Any, change: dict[str, Any]) -> None:
    data = mailbox_input()
    mailbox = make_mailbox(actor.organization, incoming=data.incoming)
    trust_certificate(offer(), actor=actor)
    same = mailbox_input(incoming=data.incoming, name="Renamed")
    update_mailbox(mailbox, same, actor=actor)
    assert TrustedCertificate.objects.exists()
    update_mailbox(mailbox, replace(same, incoming=replace(data.incoming, **change)), actor=actor)
    assert not TrustedCertificate.objects.exists()
    assert AuditEntry.objects.filter(action="certificate.trust_ended").count() == 1


def test_it_stays_while_another_mailbox_is_on_the_server_and_goes_with_the_last(actor: Any) -> None:
    first, second = make_mailbox(actor.organization), make_mailbox(actor.organization)
    trust_certificate(offer(), actor=actor)
    delete_mailbox(first, actor=actor)
    assert TrustedCertificate.objects.exists()
    delete_mailbox(second, actor=actor)
    assert not TrustedCertificate.objects.exists()


def test_an_outgoing_server_that_moves_or_goes_ends_it(actor: Any) -> None:
    server = create_named(_relay(), actor=actor)
    trust_certificate(offer("smtp.example.test", 587), actor=actor)
    change_named(server, _relay(port=2587), actor=actor)
    assert not TrustedCertificate.objects.exists()
    trust_certificate(offer("smtp.example.test", 2587), actor=actor)
    delete_named(server, actor=actor)
    assert not TrustedCertificate.objects.exists()


def test_a_server_that_was_paused_over_its_certificate_is_tried_again(actor: Any) -> None:
    server = create_named(_relay(), actor=actor)
    refused = ConnectorError(Reason.TLS_CERTIFICATE_UNTRUSTED, permanent=False)
    pause_server(server, error=refused)
    trust_certificate(offer("smtp.example.test", 587), actor=actor)
    server.refresh_from_db()
    assert server.paused_at is None


@pytest.mark.servers
def test_a_mailbox_on_a_self_signed_server_is_polled_once_it_is_trusted(
    mail_settings: Any, certificate_authority: Any, fernhollow: Any, people: Any
) -> None:
    certificate = certificate_authority.self_signed("mail.inside.example")
    with Dovecot(authority=certificate_authority, certificate=certificate) as server:
        account = Account(server, fernhollow, user="inside")
        account.connect(is_looked_at=False)
        account.poll()
        assert account.mailbox().error_reason == "tls_certificate_untrusted"
        with organization_scope(fernhollow.id):
            trust_certificate(offer("localhost", server.imaps_port, certificate.sha256), actor=people.admin)
        account.poll()
        assert account.mailbox().health == Health.REACHABLE
        with organization_scope(fernhollow.id):
            trust_certificate(offer("localhost", server.imaps_port), actor=people.admin)
        account.poll()
    mailbox: Mailbox = account.mailbox()
    assert mailbox.error_reason == "tls_certificate_changed"
    assert spelled(SHA256) in mailbox.error_detail
    assert spelled(certificate.sha256) in mailbox.error_detail


def _relay(port: int = 587) -> NamedServerInput:
    return NamedServerInput("Relay", "smtp.example.test", port, SecurityChoice.STARTTLS)
