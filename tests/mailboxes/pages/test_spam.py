"""The page that says which headers of a mailbox's mail are signs of spam."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry
from helpdesk.spam_daemon.values import Daemon, Kind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from tests.factories.outgoing import make_mailbox

NAMES = ["trusts_spamassassin", "trusts_exchange", "trusts_feedback_id", "trusts_dmarc"]

pytestmark = [pytest.mark.django_db, pytest.mark.req("S3.15")]


@pytest.fixture
def address(fernhollow: Any) -> str:
    """Its address, of one mailbox."""
    with organization_scope(fernhollow.id):
        mailbox = make_mailbox()
    return f"/o/fernhollow/mailboxes/{mailbox.pk}/spam/"


@pytest.fixture
def admin(people: Any, signed_in: Any) -> Client:
    """Somebody who manages channels."""
    client: Client = signed_in(people.admin)
    return client


def test_all_four_are_on_by_default(admin: Client, address: str) -> None:
    shown = admin.get(address).content.decode()
    assert re.findall(r'type="checkbox" name="(trusts_\w+)"[^>]* checked', shown) == NAMES


def test_what_is_saved_holds_and_stands_in_the_audit_trail(admin: Client, address: str, fernhollow: Any) -> None:
    kept = {"trusts_spamassassin": "on", "trusts_dmarc": "on", "spam_trust": "provider"}
    assert admin.post(address, kept).status_code == 302
    with organization_scope(fernhollow.id):
        mailbox = Mailbox.objects.get()
        entry = AuditEntry.objects.get(action="mailbox.changed")
    assert (mailbox.trusts_spamassassin, mailbox.trusts_exchange, mailbox.trusts_feedback_id) == (True, False, False)
    assert entry.changes == {
        "trusts_exchange": [True, False],
        "trusts_feedback_id": [True, False],
        "spam_trust": ["gateways", "provider"],
    }


def test_saved_unchanged_nothing_is_written_down(admin: Client, address: str, fernhollow: Any) -> None:
    admin.post(address, dict.fromkeys(NAMES, "on") | {"spam_trust": "gateways"})
    with organization_scope(fernhollow.id):
        assert not AuditEntry.objects.filter(action="mailbox.changed").exists()


def test_a_made_up_trust_is_refused(admin: Client, address: str) -> None:
    assert admin.post(address, {"spam_trust": "nobody"}).status_code == 422


DAEMON = Daemon(Kind.RSPAMD, "127.0.0.1", 9)
UNTOUCHED = dict.fromkeys(NAMES, "on") | {"spam_trust": "gateways"}


def test_the_installations_filter_has_a_switch_where_there_is_one(
    admin: Client, address: str, fernhollow: Any, settings: Any
) -> None:
    assert "asks_spam_daemon" not in admin.get(address).content.decode()
    settings.SPAM_DAEMON = DAEMON
    page = admin.get(address).content.decode()
    assert re.search(r'name="asks_spam_daemon"[^>]* checked', page)
    assert "Ask Rspamd about new mail" in page
    assert "/incoming-mail/#spam-filter" in page
    admin.post(address, UNTOUCHED)
    with organization_scope(fernhollow.id):
        assert not Mailbox.objects.get().asks_spam_daemon
        assert AuditEntry.objects.get(action="mailbox.changed").changes == {"asks_spam_daemon": [True, False]}


def test_where_there_is_none_saving_leaves_its_switch_as_it_was(admin: Client, address: str, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        Mailbox.objects.update(asks_spam_daemon=False)
    admin.post(address, UNTOUCHED)
    with organization_scope(fernhollow.id):
        assert not Mailbox.objects.get().asks_spam_daemon
