"""Mailboxes of Microsoft 365 by an app registration: what is stored, what is cleared, and that it reads and sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import files
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from helpdesk.tenancy.secrets import open_for
from mailboxes.models import Health, Mailbox, OAuthGrant, RemoteMessage
from mailboxes.services.reading.foreground import poll_now
from mailboxes.services.setup.mailboxes import create_mailbox, delete_mailbox, update_mailbox
from mailboxes.services.setup.together import join
from tests.factories.outgoing import queue_mail
from tests.mailboxes.account import mail
from tests.mailboxes.graph import Microsoft, microsoft_cloud
from tests.servers.certificates import CertificateAuthority

pytestmark = [pytest.mark.django_db, pytest.mark.both]
ADDRESS = "support@fernhollow.example"


@pytest.fixture
def microsoft(
    certificate_authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any
) -> Iterator[Microsoft]:
    """A tenant with an app, and a mailbox."""
    settings.MEDIA_ROOT = tmp_path / "files"
    with microsoft_cloud(certificate_authority, monkeypatch=monkeypatch, settings=settings) as made:
        made.graph.mailbox(ADDRESS)
        yield made


def grant() -> OAuthGrant:
    found: OAuthGrant = OAuthGrant.objects.get()
    return found


@pytest.mark.req("S1.18", "S1.22", "S1.23", "S1.24", "S1.38")
def test_an_app_reads_and_sends_by_its_own_right(microsoft: Microsoft, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        mailbox = create_mailbox(microsoft.entered(ADDRESS))
    microsoft.graph.mailbox(ADDRESS).deliver(mail(1))
    poll_now(mailbox.id, is_processed=False, wait_s=5)
    with organization_scope(fernhollow.id):
        [sighting] = RemoteMessage.objects.select_related("raw")
        assert sighting.raw is not None
        assert files.read(sighting.raw.storage_key) == mail(1)
        mailbox = Mailbox.objects.select_related("outgoing__login_of").get()
        assert (mailbox.health, mailbox.sent_filing) == (Health.REACHABLE, False)
        queue_mail(mailbox.outgoing, mailbox=mailbox)
    drains.drain_now(WorkKind.DELIVER)
    assert [sent.sender for sent in microsoft.graph.sent] == [ADDRESS]


@pytest.mark.req("F63")
def test_a_token_is_asked_for_once_and_not_with_every_poll(microsoft: Microsoft, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        mailbox = create_mailbox(microsoft.entered(ADDRESS))
    for _ in range(4):
        poll_now(mailbox.id, is_processed=False, wait_s=5)
    assert len(microsoft.entra.asked("/token")) == 1


def test_a_secret_is_sealed_and_told_to_nobody(microsoft: Microsoft, in_fernhollow: Any, people: Any) -> None:
    create_mailbox(microsoft.entered(ADDRESS), actor=people.admin)
    assert microsoft.secret not in grant().client_secret_sealed
    assert open_for(grant(), "client_secret_sealed") == microsoft.secret
    assert microsoft.secret not in repr(microsoft.entered(ADDRESS))
    assert microsoft.secret not in str(list(AuditEntry.objects.values_list("changes", flat=True)))


@pytest.mark.parametrize(
    "changes",
    [
        {"tenant": "other.example"},
        {"client_id": "c1f0d7c8-22aa-4c35-8f63-5e90a1c7d6f2"},
        {"cloud": "us_gov"},
    ],
)
def test_a_stored_secret_goes_to_no_other_tenant_app_or_cloud(
    microsoft: Microsoft, in_fernhollow: Any, people: Any, changes: dict[str, str]
) -> None:
    mailbox = create_mailbox(microsoft.entered(ADDRESS))
    app = microsoft.app(client_secret="", **changes)
    update_mailbox(mailbox, microsoft.entered(ADDRESS, app=app), actor=people.admin)
    assert open_for(grant(), "client_secret_sealed") == ""
    assert AuditEntry.objects.get(action="mailbox.changed").changes["client_secret"]


def test_a_stored_secret_stays_while_nothing_else_of_the_app_changes(microsoft: Microsoft, in_fernhollow: Any) -> None:
    mailbox = create_mailbox(microsoft.entered(ADDRESS))
    before = grant()
    update_mailbox(mailbox, microsoft.entered(ADDRESS, app=microsoft.app(client_secret=""), name="Other"))
    assert open_for(grant(), "client_secret_sealed") == microsoft.secret
    assert grant().tokens_version == before.tokens_version


@pytest.mark.req("F60")
def test_a_new_secret_is_used_at_once_and_its_tokens_are_new(microsoft: Microsoft, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        mailbox = create_mailbox(microsoft.entered(ADDRESS))
    poll_now(mailbox.id, is_processed=False, wait_s=5)
    microsoft.entra.apps[microsoft.client_id].secrets = {"second-value": "ok"}
    microsoft.entra.tokens.clear()
    with organization_scope(fernhollow.id):
        app = microsoft.app(client_secret="second-value")
        update_mailbox(Mailbox.objects.get(), microsoft.entered(ADDRESS, app=app))
    poll_now(mailbox.id, is_processed=False, wait_s=5)
    with organization_scope(fernhollow.id):
        assert Mailbox.objects.get().health == Health.REACHABLE


@pytest.mark.req("S4.69")
def test_an_expired_secret_stands_on_the_mailbox(microsoft: Microsoft, fernhollow: Any) -> None:
    microsoft.entra.apps[microsoft.client_id].secrets[microsoft.secret] = "expired"
    with organization_scope(fernhollow.id):
        mailbox = create_mailbox(microsoft.entered(ADDRESS))
    poll_now(mailbox.id, is_processed=False, wait_s=5)
    with organization_scope(fernhollow.id):
        assert Mailbox.objects.get().error_reason == "app_secret_expired"


def test_another_mailbox_is_another_source_and_another_secret_is_not(microsoft: Microsoft, in_fernhollow: Any) -> None:
    mailbox = create_mailbox(microsoft.entered(ADDRESS))
    update_mailbox(mailbox, microsoft.entered(ADDRESS, app=microsoft.app(client_secret="another")))
    assert mailbox.source_generation == 1
    update_mailbox(mailbox, microsoft.entered(ADDRESS, remote_user="shared@fernhollow.example"))
    assert (mailbox.source_generation, mailbox.remote_user) == (2, "shared@fernhollow.example")
    assert mailbox.outgoing.username == "shared@fernhollow.example"


def test_several_mailboxes_share_one_app(microsoft: Microsoft, in_fernhollow: Any) -> None:
    first = microsoft.entered(ADDRESS)
    more = [replace(first, name=name, address=f"{name}@fernhollow.example") for name in ("sales", "billing")]
    join(create_mailbox(first), more)
    assert OAuthGrant.objects.count() == 1
    assert {box.outgoing.username for box in Mailbox.objects.all()} == {ADDRESS, *(each.address for each in more)}
    delete_mailbox(Mailbox.objects.get(address=ADDRESS))
    assert grant().client_secret_sealed
    for box in Mailbox.objects.filter(deleted_at=None):
        delete_mailbox(box)
    assert (grant().client_secret_sealed, grant().tokens_sealed) == ("", "")


def test_an_app_that_only_reads_leaves_sending_to_the_default_server(microsoft: Microsoft, in_fernhollow: Any) -> None:
    mailbox = create_mailbox(microsoft.entered(ADDRESS, app=microsoft.app(sends=False)))
    assert mailbox.outgoing is None
