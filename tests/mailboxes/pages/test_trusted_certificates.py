"""Trusting a certificate from a connection test, and the page where it is ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.trust import spelled
from mailboxes.models import TrustedCertificate
from tests.mailboxes.account import Account
from tests.mailboxes.pages.entering import MAILBOXES
from tests.mailboxes.pages.test_connection_test_page import HTMX, address_of, at_dovecot
from tests.servers.dovecot import Dovecot
from tests.servers.waiting import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.servers, pytest.mark.req("S4.47")]


@pytest.fixture
def inside(mail_settings: Any, certificate_authority: Any, fernhollow: Any) -> Iterator[Account]:
    """An account on a server with a self-signed certificate."""
    certificate = certificate_authority.self_signed("mail.inside.example")
    with Dovecot(authority=certificate_authority, certificate=certificate) as server:
        yield Account(server, fernhollow, user="inside")


def test_a_certificate_is_shown_trusted_and_no_longer_in_the_way(inside: Account, admin: Client) -> None:
    values = at_dovecot(inside, smtp_host="")
    started = admin.post(f"{MAILBOXES}test/", values)
    page = result_of(admin, started)
    fingerprint = spelled(inside.server._certificate.sha256)
    for shown in ("The certificate is self-signed", "mail.inside.example", fingerprint, "Trust this certificate…"):
        assert shown in page
    question = f"{address_of(started)}certificate/tls/"
    assert "Compare the fingerprint" in admin.get(question).content.decode()
    assert not _trusted(inside)
    assert "is trusted now" in admin.post(question).content.decode()
    [trusted] = _trusted(inside)
    assert (trusted.host, trusted.port, trusted.fingerprint) == ("localhost", inside.server.imaps_port, fingerprint)
    page = result_of(admin, admin.post(f"{MAILBOXES}test/", values))
    assert "Reading works" in page
    assert "This is the certificate that you trusted" in page
    with organization_scope(inside.organization.id):
        assert AuditEntry.objects.filter(action="certificate.trusted").count() == 1


def test_trust_is_listed_with_its_mailboxes_and_ended(inside: Account, admin: Client) -> None:
    page = admin.get(f"{MAILBOXES}certificates/").content.decode()
    assert "No certificate is trusted by its fingerprint" in page
    mailbox = inside.connect(is_looked_at=False)
    started = admin.post(f"{MAILBOXES}test/", at_dovecot(inside, smtp_host=""))
    result_of(admin, started)
    admin.post(f"{address_of(started)}certificate/tls/")
    page = admin.get(f"{MAILBOXES}certificates/").content.decode()
    assert f"localhost:{inside.server.imaps_port}" in page
    assert mailbox.name in page
    [trusted] = _trusted(inside)
    removal = f"{MAILBOXES}certificates/{trusted.pk}/removal/"
    assert mailbox.name in admin.get(removal).content.decode()
    assert admin.post(removal).status_code == 302
    assert not _trusted(inside)


def test_a_test_without_such_a_certificate_offers_nothing(account: Any, admin: Client) -> None:
    started = admin.post(f"{MAILBOXES}test/", at_dovecot(account, smtp_host=""))
    assert "Trust this certificate" not in result_of(admin, started)
    assert admin.post(f"{address_of(started)}certificate/tls/").status_code == 404


def result_of(admin: Client, started: Any) -> str:
    """The page of the test once it is done."""
    pages: list[str] = []

    def is_done() -> bool:
        pages.append(admin.get(address_of(started), headers=HTMX).content.decode())
        return "stop-test" not in pages[-1]

    wait_until(is_done)
    return pages[-1]


def _trusted(account: Account) -> list[TrustedCertificate]:
    with organization_scope(account.organization.id):
        return list(TrustedCertificate.objects.all())
