"""Signing in at a provider and coming back: the whole flow against fakes, and everything that may not end one."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry, Membership
from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import ConnectionKind, GrantState, Mailbox, OAuthGrant, OutgoingServer
from mailboxes.services.setup.connections import server_login
from mailboxes.services.setup.testing import run_of_draft
from tests.fakes.entra import FakeEntra
from tests.fakes.google import FakeGoogle
from tests.fakes.https import json_answer
from tests.mailboxes.pages.entering import MAILBOXES

pytestmark = pytest.mark.django_db
CALLBACK = "/oauth/callback/"
ENTERED = {"name": "Help", "address": "Ann@acme.example", "kind": "imap"}
APP = {"client_id": "app-1", "client_secret": "s3cret", "tenant": "acme.example", "cloud": "global"}


@pytest.fixture
def microsoft(entra: FakeEntra, settings: Any) -> FakeEntra:
    """Entra, where the product's callback is registered."""
    settings.BASE_URL = "https://desk.example"
    entra.apps["app-1"].redirect_uris = [settings.BASE_URL + CALLBACK]
    return entra


def add(admin: Client, provider: str = "microsoft", **changes: str) -> Any:
    return admin.post(f"{MAILBOXES}new/{provider}/", {**ENTERED, **APP, **changes})


def grant_of(organization: Any) -> OAuthGrant:
    with organization_scope(organization.id):
        return OAuthGrant.objects.select_related("connection").get()


def mailbox_of(organization: Any) -> Mailbox:
    with organization_scope(organization.id):
        return Mailbox.objects.select_related("connection", "outgoing").get()


def sign_in_page(admin: Client, organization: Any) -> str:
    return f"{MAILBOXES}{mailbox_of(organization).pk}/sign-in/"


def way_there(admin: Client, page: str) -> str:
    found = re.search(r'href="([^"]+)"[^>]*id="to-provider"', admin.get(page).content.decode())
    assert found is not None
    return html.unescape(found[1])


def come_back(client: Client, url: str) -> Any:
    assert url.startswith("https://desk.example/oauth/callback/?")
    return client.get(url.removeprefix("https://desk.example"))


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


@pytest.mark.req("S4.3")
@pytest.mark.parametrize(
    ("lost", "advice"),
    [
        ({"token_url": ""}, "Enter the address that gives tokens"),
        ({"authorize_url": ""}, "Enter the address where people sign in"),
        ({"scopes": []}, "Enter the scopes"),
        ({"client_id": "", "client_secret_sealed": ""}, "Enter the ID of the app"),
    ],
)
def test_a_parameter_that_was_not_kept_is_asked_for_by_name_and_the_rest_stays(
    admin: Client, google: FakeGoogle, fernhollow: Any, lost: dict[str, Any], advice: str
) -> None:
    addresses = {"authorize_url": google.endpoints.authorize_url, "token_url": google.endpoints.token_url}
    servers = {"host": "imap.acme.example", "port": "993", "security": "tls"}
    servers |= {"smtp_host": "smtp.acme.example", "smtp_port": "587", "smtp_security": "starttls"}
    whole = {**addresses, "scopes": "mail", "client_auth": "post"}
    add(admin, "other", **whole, **servers)
    page = sign_in_page(admin, fernhollow)
    with organization_scope(fernhollow.id):
        OAuthGrant.objects.update(**lost)
    assert admin.get(page).status_code == 200
    stored = {name: "" if name in lost else value for name, value in {**whole, "client_id": "app-1"}.items()}
    refused = admin.post(page, {**stored, "account": ""})
    assert (refused.status_code, advice in refused.content.decode()) == (422, True)
    assert admin.post(page, {**whole, **APP, "account": ""}).status_code == 302
    grant = grant_of(fernhollow)
    assert (grant.client_id, grant.authorize_url, grant.token_url, grant.scopes) == (
        "app-1",
        addresses["authorize_url"],
        addresses["token_url"],
        ["mail"],
    )
    assert mailbox_of(fernhollow).connection.host == "imap.acme.example"


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


def test_what_a_provider_says_is_text(admin: Client, microsoft: FakeEntra, fernhollow: Any) -> None:
    add(admin)
    page = sign_in_page(admin, fernhollow)
    state = re.search(r"state=([\w-]+)", way_there(admin, page))
    assert state is not None
    admin.get(CALLBACK, {"state": state[1], "error": "<b>x</b>", "error_description": "<img src=x onerror=alert(1)>"})
    text = admin.get(page).content.decode()
    assert "<img src=x" not in text
    assert "&lt;img src=x" in text


@pytest.mark.parametrize("query", [{}, {"state": "forged", "code": "x"}, {"state": "", "code": "x"}, {"code": "x"}])
def test_a_forged_answer_is_refused_with_a_clear_sentence(admin: Client, query: dict[str, str]) -> None:
    response = admin.get(CALLBACK, query)
    assert response.status_code == 400
    assert "This sign-in cannot be completed" in response.content.decode()


def test_an_answer_works_once(admin: Client, microsoft: FakeEntra, fernhollow: Any) -> None:
    add(admin)
    back = microsoft.signs_in(way_there(admin, sign_in_page(admin, fernhollow)))
    assert come_back(admin, back).status_code == 302
    assert come_back(admin, back).status_code == 400
    assert grant_of(fernhollow).tokens_version == 1


def test_an_answer_after_ten_minutes_is_refused(admin: Client, microsoft: FakeEntra, fernhollow: Any) -> None:
    add(admin)
    back = microsoft.signs_in(way_there(admin, sign_in_page(admin, fernhollow)))
    with clock.held_at(clock.now() + timedelta(minutes=11)):
        assert come_back(admin, back).status_code == 400
    assert grant_of(fernhollow).state == GrantState.UNUSED


def test_nobody_ends_the_sign_in_of_another(admin: Client, microsoft: FakeEntra, fernhollow: Any, people: Any) -> None:
    add(admin)
    back = microsoft.signs_in(way_there(admin, sign_in_page(admin, fernhollow)))
    for person in (people.owner, people.stranger, people.viewer):
        other = Client()
        other.force_login(person.user)
        assert come_back(other, back).status_code == 400
    assert come_back(Client(), back).status_code == 400
    assert grant_of(fernhollow).state == GrantState.UNUSED
    assert come_back(admin, back).status_code == 302


def test_whoever_lost_the_right_meanwhile_ends_no_sign_in(
    admin: Client, microsoft: FakeEntra, fernhollow: Any, people: Any
) -> None:
    add(admin)
    back = microsoft.signs_in(way_there(admin, sign_in_page(admin, fernhollow)))
    Membership.objects.filter(id=people.admin.id).update(role="viewer")
    assert come_back(admin, back).status_code == 400
    assert grant_of(fernhollow).state == GrantState.UNUSED


def test_the_sign_in_of_another_organization_is_not_there(admin: Client, otherco: Any) -> None:
    from tests.factories.grants import make_grant

    grant = make_grant(otherco, flow="user")
    with organization_scope(otherco.id):
        mailbox_id = grant.connection.mailboxes.get().pk
    assert admin.get(f"{MAILBOXES}{mailbox_id}/sign-in/").status_code == 404
    assert admin.post(f"{MAILBOXES}{mailbox_id}/device-code/new/").status_code == 404


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


@pytest.mark.parametrize(
    ("provider", "changes", "advice"),
    [
        ("microsoft", {"client_id": ""}, "Enter the ID of the app"),
        ("microsoft", {"client_secret": ""}, "Enter the client secret"),
        ("microsoft", {"client_secret": "1b0f9a3e-7c1d-4d55-9a43-0f2c55a0c9d1"}, "the secret's ID"),
        ("microsoft", {"tenant": "../evil"}, "Enter the directory's ID"),
        ("microsoft", {"cloud": "moon"}, "valid choice"),
        ("microsoft", {"kind": "push"}, "valid choice"),
        ("google", {"kind": "ews"}, "valid choice"),
        ("microsoft", {"address": "nobody"}, "valid email"),
        ("other", {"authorize_url": "http://login.example/"}, "begins with https://"),
        ("other", {"token_url": "https://user:pw@login.example/"}, "begins with https://"),
        ("other", {"token_url": ""}, "gives tokens"),
        ("other", {"scopes": 'a "b"'}, "no quotes"),
        ("other", {"extra_parameters": "nonsense"}, "as name=value"),
        ("other", {"security": "none"}, "valid choice"),
    ],
)
@pytest.mark.req("S1.24", "S2.51")
def test_what_cannot_be_is_refused_with_advice(
    admin: Client, fernhollow: Any, provider: str, changes: dict[str, str], advice: str
) -> None:
    response = add(admin, provider, **changes)
    assert response.status_code == 422
    assert advice in html.unescape(response.content.decode())
    assert "s3cret" not in response.content.decode()
    with organization_scope(fernhollow.id):
        assert not Mailbox.objects.exists()


@pytest.mark.req("S4.18")
@pytest.mark.parametrize("provider", ["microsoft", "microsoft/?tenant=consumers", "google"])
def test_signing_in_asks_for_no_server_port_security_or_password(admin: Client, provider: str) -> None:
    page = admin.get(f"{MAILBOXES}new/{provider}{'' if '?' in provider else '/'}").content.decode()
    fields = set(re.findall(r'name="(\w+)"', page))
    assert (
        fields & {"host", "port", "security", "smtp_host", "smtp_port", "smtp_security", "username", "password"}
        == set()
    )


def test_server_fields_are_shown_for_unknown_providers_alone(admin: Client) -> None:
    assert 'name="smtp_host"' not in admin.get(f"{MAILBOXES}new/microsoft/").content.decode()
    assert 'name="smtp_host"' in admin.get(f"{MAILBOXES}new/other/").content.decode()
    assert admin.get(f"{MAILBOXES}new/yahoo/").status_code == 404


def test_the_page_offers_the_ways_to_sign_in(admin: Client) -> None:
    page = admin.get(f"{MAILBOXES}new/").content.decode()
    assert [way for way in ("microsoft", "google", "other") if f"{MAILBOXES}new/{way}/" not in page] == []


def test_deleting_the_mailbox_forgets_tokens_and_secret(admin: Client, microsoft: FakeEntra, fernhollow: Any) -> None:
    add(admin)
    come_back(admin, microsoft.signs_in(way_there(admin, sign_in_page(admin, fernhollow))))
    admin.post(f"{MAILBOXES}{mailbox_of(fernhollow).pk}/deletion/")
    grant = grant_of(fernhollow)
    assert (grant.tokens_sealed, grant.client_secret_sealed) == ("", "")
    assert mailbox_of(fernhollow).connection.kind == ConnectionKind.IMAP
