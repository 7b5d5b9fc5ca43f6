"""When a mail server's certificate ends is seen by the poll that is there anyway, and kept once a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Connection, ConnectionKind, SecurityChoice
from mailboxes.services.setup.mailboxes import update_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


def end_of(dovecot: Any) -> datetime:
    """When the test server's certificate ends."""
    return x509.load_pem_x509_certificate(dovecot._certificate.path.read_bytes()).not_valid_after_utc


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
