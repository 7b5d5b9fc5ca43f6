"""What the form of a mailbox that is signed in to asks for and refuses."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, OAuthGrant
from tests.fakes.google import FakeGoogle
from tests.mailboxes.pages.entering import MAILBOXES
from tests.mailboxes.pages.signing_in import APP, add, grant_of, mailbox_of, sign_in_page

pytestmark = pytest.mark.django_db


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
