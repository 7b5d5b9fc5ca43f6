"""A sign-in that is made again, changed, or forgotten."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import ConnectionKind, GrantState, Mailbox, OAuthGrant, OutgoingServer
from tests.fakes.entra import FakeEntra
from tests.fakes.https import json_answer
from tests.mailboxes.pages.entering import MAILBOXES
from tests.mailboxes.pages.signing_in import APP, add, come_back, grant_of, mailbox_of, sign_in_page, way_there

pytestmark = pytest.mark.django_db


@pytest.mark.req("F59", "F64", "S5.21", "S5.41", "S2.44")
def test_a_dead_grant_is_signed_in_again_and_keeps_everything(
    admin: Client, microsoft: FakeEntra, fernhollow: Any
) -> None:
    add(admin)
    page = sign_in_page(admin, fernhollow)
    come_back(admin, microsoft.signs_in(way_there(admin, page)))
    mailbox = mailbox_of(fernhollow)
    with organization_scope(fernhollow.id):
        Mailbox.objects.update(
            is_draft=False, is_enabled=True, cursor=4711, epoch="7", health="reachable", source_generation=3
        )
        OAuthGrant.objects.update(state="dead", state_reason="grant_dead", state_detail="invalid_grant · AADSTS50173")
        OutgoingServer.objects.update(paused_at=clock.now(), pause_reason="grant_dead")
        WorkItem.objects.filter(kind=WorkKind.POLL).update(due_at=clock.in_seconds(3600))
    listed = admin.get(MAILBOXES).content.decode()
    assert "Sign in again" in listed
    assert "AADSTS50173" in admin.get(page).content.decode()
    form = admin.get(f"{MAILBOXES}{mailbox.pk}/")
    assert (form.status_code, 'id="id_password"' in form.content.decode()) == (200, False)
    assert come_back(admin, microsoft.signs_in(way_there(admin, page)))["Location"] == MAILBOXES
    after = mailbox_of(fernhollow)
    assert (after.cursor, after.epoch, after.source_generation) == (4711, "7", 3)
    assert (grant_of(fernhollow).state, grant_of(fernhollow).state_reason) == (GrantState.ALIVE, "")
    with organization_scope(fernhollow.id):
        assert OutgoingServer.objects.get().paused_at is None
        assert WorkItem.objects.get(kind=WorkKind.POLL).due_at <= clock.now()


@pytest.mark.req("F61")
def test_a_failed_sign_in_leaves_what_worked(admin: Client, microsoft: FakeEntra, fernhollow: Any) -> None:
    add(admin)
    page = sign_in_page(admin, fernhollow)
    come_back(admin, microsoft.signs_in(way_there(admin, page)))
    back = microsoft.signs_in(way_there(admin, page))
    microsoft.next("/token", json_answer({}, status=503))
    come_back(admin, back)
    assert "trouble" in admin.get(page).content.decode()
    assert (grant_of(fernhollow).state, grant_of(fernhollow).tokens_version) == (GrantState.ALIVE, 1)


@pytest.mark.req("S2.51", "S4.69", "F60")
def test_another_secret_is_taken_and_the_tokens_stay(admin: Client, microsoft: FakeEntra, fernhollow: Any) -> None:
    add(admin, client_secret="wrong")
    page = sign_in_page(admin, fernhollow)
    come_back(admin, microsoft.signs_in(way_there(admin, page)))
    assert "refuses the client secret" in admin.get(page).content.decode()
    assert admin.post(page, {**APP, "account": ""}).status_code == 302
    come_back(admin, microsoft.signs_in(way_there(admin, page)))
    microsoft.apps["app-1"].secrets["newer"] = "ok"
    admin.post(page, {**APP, "client_secret": "newer", "account": "", "client_secret_ends_on": "2027-05-01"})
    grant = grant_of(fernhollow)
    assert (grant.state, str(grant.client_secret_ends_on)) == (GrantState.ALIVE, "2027-05-01")
    assert "newer" not in admin.get(page).content.decode()


@pytest.mark.req("S5.27")
def test_the_server_for_sending_follows_whose_account_it_is(
    admin: Client, microsoft: FakeEntra, fernhollow: Any
) -> None:
    add(admin, tenant="consumers")
    assert mailbox_of(fernhollow).outgoing.host == "smtp-mail.outlook.com"
    page = sign_in_page(admin, fernhollow)
    admin.post(page, APP)
    assert mailbox_of(fernhollow).outgoing.host == "smtp.office365.com"
    with organization_scope(fernhollow.id):
        OutgoingServer.objects.update(host="relay.acme.example")
    admin.post(page, {**APP, "tenant": "consumers"})
    assert mailbox_of(fernhollow).outgoing.host == "relay.acme.example"


def test_another_app_or_account_forgets_tokens_and_secret(admin: Client, microsoft: FakeEntra, fernhollow: Any) -> None:
    add(admin)
    page = sign_in_page(admin, fernhollow)
    come_back(admin, microsoft.signs_in(way_there(admin, page)))
    assert admin.post(page, {**APP, "client_id": "app-2", "client_secret": ""}).status_code == 422
    admin.post(page, {**APP, "tenant": "globex.example", "client_secret": ""})
    grant = grant_of(fernhollow)
    assert (grant.state, grant.tokens_sealed, grant.client_secret_sealed) == (GrantState.UNUSED, "", "")


def test_tokens_never_follow_a_connection_to_another_server(
    admin: Client, microsoft: FakeEntra, fernhollow: Any
) -> None:
    from mailboxes.services.setup import servers
    from mailboxes.services.setup.mailbox_inputs import ServerInput

    add(admin)
    come_back(admin, microsoft.signs_in(way_there(admin, sign_in_page(admin, fernhollow))))
    connection = mailbox_of(fernhollow).connection
    with organization_scope(fernhollow.id):
        elsewhere = ServerInput("evil.example", 993, connection.security, connection.username)
        servers.change_connection(connection, elsewhere)
        assert OAuthGrant.objects.get().tokens_sealed == ""
        servers.change_connection(connection, ServerInput(**{**elsewhere.__dict__, "password": "a password"}))
        assert not OAuthGrant.objects.exists()


def test_deleting_the_mailbox_forgets_tokens_and_secret(admin: Client, microsoft: FakeEntra, fernhollow: Any) -> None:
    add(admin)
    come_back(admin, microsoft.signs_in(way_there(admin, sign_in_page(admin, fernhollow))))
    admin.post(f"{MAILBOXES}{mailbox_of(fernhollow).pk}/deletion/")
    grant = grant_of(fernhollow)
    assert (grant.tokens_sealed, grant.client_secret_sealed) == ("", "")
    assert mailbox_of(fernhollow).connection.kind == ConnectionKind.IMAP
