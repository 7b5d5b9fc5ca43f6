"""Signing in at a provider and coming back: the whole flow against fakes."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import GrantState
from mailboxes.services.setup.connections import server_login
from mailboxes.services.setup.testing import run_of_draft
from tests.fakes.entra import FakeEntra
from tests.fakes.google import FakeGoogle
from tests.mailboxes.pages.entering import MAILBOXES
from tests.mailboxes.pages.signing_in import (
    APP,
    CALLBACK,
    ENTERED,
    add,
    come_back,
    grant_of,
    mailbox_of,
    sign_in_page,
    way_there,
)

pytestmark = pytest.mark.django_db


@pytest.mark.req("S4.16", "S4.18", "S3.8", "S3.9", "S3.10", "S2.27", "S2.39", "S2.42", "S5.25", "S5.27")
def test_an_admin_signs_in_with_microsoft_and_the_mailbox_gets_its_tokens(
    admin: Client, microsoft: FakeEntra, fernhollow: Any
) -> None:
    created = add(admin)
    page = sign_in_page(admin, fernhollow)
    assert created["Location"] == page
    back = come_back(admin, microsoft.signs_in(way_there(admin, page)))
    mailbox, grant = mailbox_of(fernhollow), grant_of(fernhollow)
    assert back["Location"] == f"{MAILBOXES}{mailbox.pk}/setup/test/"
    assert (grant.state, grant.account, grant.state_reason) == (GrantState.ALIVE, "ann@acme.example", "")
    assert grant.scopes == [f"https://{microsoft.host}/{n}" for n in ("IMAP.AccessAsUser.All", "SMTP.Send")] + [
        "offline_access"
    ]
    assert (mailbox.connection.host, mailbox.connection.port, mailbox.connection.security) == (
        microsoft.host,
        993,
        "tls",
    )
    assert (mailbox.remote_user, mailbox.is_enabled) == ("", False)
    with organization_scope(fernhollow.id):
        login = server_login(mailbox.connection)
        assert login.tokens is not None
        assert login.tokens.token() in microsoft.tokens
        assert AuditEntry.objects.filter(action="mailbox.signed_in").get().actor is not None


@pytest.mark.req("S4.29", "S4.43")
def test_the_test_begins_by_itself_after_each_sign_in_and_once(
    admin: Client, microsoft: FakeEntra, fernhollow: Any
) -> None:
    add(admin)
    page, runs = sign_in_page(admin, fernhollow), []
    for _ in range(2):
        back = come_back(admin, microsoft.signs_in(way_there(admin, page)))["Location"]
        assert run_of_draft(mailbox_of(fernhollow)) is None
        admin.head(back)
        for _ in range(2):
            assert 'id="connection-test"' in admin.get(back).content.decode()
            run = run_of_draft(mailbox_of(fernhollow))
            assert run is not None
            runs.append(run.run_id)
    assert runs[0] == runs[1] != runs[2] == runs[3]
    assert "test_is_due" not in mailbox_of(fernhollow).setup


@pytest.mark.req("S5.16", "S5.17", "S5.24", "S2.33", "S2.41")
def test_an_admin_signs_in_with_google(admin: Client, google: FakeGoogle, fernhollow: Any, settings: Any) -> None:
    settings.BASE_URL = "https://desk.example"
    google.redirect_uris = [settings.BASE_URL + CALLBACK]
    add(admin, "google", client_id=google.client_id, client_secret=google.client_secret, kind="pop3")
    come_back(admin, google.signs_in(way_there(admin, sign_in_page(admin, fernhollow))))
    mailbox, grant = mailbox_of(fernhollow), grant_of(fernhollow)
    assert grant.state == GrantState.ALIVE
    assert (mailbox.connection.kind, mailbox.connection.host, mailbox.connection.port) == ("pop3", "pop.gmail.com", 995)
    assert mailbox.outgoing is not None
    assert (mailbox.outgoing.host, mailbox.outgoing.login_of_id) == ("smtp.gmail.com", mailbox.connection_id)


@pytest.mark.req("S2.34", "S2.35", "S2.38", "S2.52", "S4.33", "S5.20")
def test_any_other_provider_is_signed_in_to_by_its_addresses(
    admin: Client, google: FakeGoogle, fernhollow: Any, settings: Any
) -> None:
    settings.BASE_URL = "https://desk.example"
    google.redirect_uris = [settings.BASE_URL + CALLBACK]
    created = add(
        admin,
        "other",
        client_id=google.client_id,
        client_secret=google.client_secret,
        authorize_url=google.endpoints.authorize_url,
        token_url=google.endpoints.token_url,
        scopes="mail openid",
        client_auth="post",
        extra_parameters="access_type=offline\nprompt = consent",
        refresh_lifetime_days="90",
        **{"host": "imap.acme.example", "port": "993", "security": "tls"},
        **{"smtp_host": "smtp.acme.example", "smtp_port": "587", "smtp_security": "starttls"},
    )
    assert created.status_code == 302
    come_back(admin, google.signs_in(way_there(admin, sign_in_page(admin, fernhollow))))
    grant = grant_of(fernhollow)
    assert (grant.state, grant.refresh_lifetime_days) == (GrantState.ALIVE, 90)
    assert grant.extra_parameters == {"access_type": "offline", "prompt": "consent"}


@pytest.mark.req("S4.17")
def test_the_installations_app_asks_for_no_registration(
    admin: Client, microsoft: FakeEntra, fernhollow: Any, settings: Any
) -> None:
    settings.MICROSOFT_CLIENT_ID, settings.MICROSOFT_CLIENT_SECRET = "app-1", "s3cret"
    microsoft.apps["app-1"].is_multi_tenant = True
    assert admin.post(f"{MAILBOXES}new/microsoft/", {**ENTERED, "cloud": "global"}).status_code == 302
    come_back(admin, microsoft.signs_in(way_there(admin, sign_in_page(admin, fernhollow))))
    grant = grant_of(fernhollow)
    assert (grant.state, grant.client_id, grant.client_secret_sealed) == (GrantState.ALIVE, "", "")


@pytest.mark.req("F65", "S5.26", "S5.30", "S5.31")
def test_a_shared_mailbox_is_read_by_whoever_signs_in_for_it(
    admin: Client, microsoft: FakeEntra, fernhollow: Any
) -> None:
    add(admin, address="help@acme.example", account="ann@acme.example")
    come_back(admin, microsoft.signs_in(way_there(admin, sign_in_page(admin, fernhollow))))
    mailbox = mailbox_of(fernhollow)
    assert (mailbox.connection.username, mailbox.remote_user) == ("ann@acme.example", "help@acme.example")
    with organization_scope(fernhollow.id):
        assert server_login(mailbox.connection, user=mailbox.remote_user).username == "help@acme.example"


@pytest.mark.req("S2.41")
def test_somebody_else_who_signs_in_is_refused_and_told(admin: Client, microsoft: FakeEntra, fernhollow: Any) -> None:
    add(admin)
    page = sign_in_page(admin, fernhollow)
    microsoft.browser = "bob@acme.example"
    assert come_back(admin, microsoft.signs_in(way_there(admin, page)))["Location"] == page
    text = admin.get(page).content.decode()
    assert "You signed in as bob@acme.example" in text
    assert "shared one" in text
    assert grant_of(fernhollow).state == GrantState.UNUSED
    admin.post(page, {**APP, "client_secret": "", "account": "bob@acme.example"})
    come_back(admin, microsoft.signs_in(way_there(admin, page)))
    assert (grant_of(fernhollow).state, mailbox_of(fernhollow).remote_user) == (GrantState.ALIVE, "ann@acme.example")


@pytest.mark.req("S4.67", "S2.50")
@pytest.mark.parametrize("withheld", ["SMTP.Send", "offline_access"])
def test_a_permission_that_was_not_given_is_named(
    admin: Client, microsoft: FakeEntra, fernhollow: Any, withheld: str
) -> None:
    add(admin)
    page = sign_in_page(admin, fernhollow)
    microsoft.apps["app-1"].withheld = {withheld, f"https://{microsoft.host}/{withheld}"}
    come_back(admin, microsoft.signs_in(way_there(admin, page)))
    assert f"a permission is missing: {withheld}" in admin.get(page).content.decode()
    assert grant_of(fernhollow).state == GrantState.UNUSED


@pytest.mark.req("S3.12", "S3.13")
def test_needing_an_administrator_is_answered_with_what_to_send(
    admin: Client, microsoft: FakeEntra, fernhollow: Any
) -> None:
    microsoft.apps["app-1"].needs_admin = True
    add(admin)
    page = sign_in_page(admin, fernhollow)
    come_back(admin, microsoft.signs_in(way_there(admin, page), decision="leave"))
    text = html.unescape(admin.get(page).content.decode())
    address = re.search(rf"https://{microsoft.host}/acme.example/v2.0/adminconsent\?\S+", text)
    assert "Send this to your administrator" in text
    assert address is not None
    somebody = Client()
    thanks = come_back(somebody, microsoft.signs_in(address[0]))
    assert (thanks.status_code, "Thank you" in thanks.content.decode()) == (200, True)
    come_back(admin, microsoft.signs_in(way_there(admin, page)))
    assert grant_of(fernhollow).state == GrantState.ALIVE
