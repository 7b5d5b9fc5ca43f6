"""The pages of proxies."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import OutgoingServer, Proxy
from tests.mailboxes.pages.entering import MAILBOXES, entered, only_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.req("S4.25")]

ENTERED = {
    "name": "Way out",
    "kind": "http",
    "host": "proxy.example",
    "port": "3128",
    "username": "u",
    "password": "pw",
}


@pytest.fixture
def admin(signed_in: Any, people: Any) -> Any:
    return signed_in(people.admin)


@pytest.fixture
def stored(people: Any) -> Any:
    with organization_scope(people.admin.organization_id):
        return Proxy.objects.create(name="Way out", host="proxy.example", username="u", password_sealed="")


def test_a_proxy_is_added_and_listed(admin: Any) -> None:
    assert "Mail servers are reached directly" in admin.get("/o/fernhollow/mailboxes/proxies/").content.decode()
    response = admin.post("/o/fernhollow/mailboxes/proxies/new/", ENTERED, follow=True)
    page = response.content.decode()
    assert "proxy.example:3128" in page
    assert ">pw<" not in page


def test_a_user_name_asks_for_a_password(admin: Any) -> None:
    response = admin.post("/o/fernhollow/mailboxes/proxies/new/", ENTERED | {"password": ""})
    assert response.status_code == 422
    assert "Enter the password for this proxy" in response.content.decode()


def test_another_server_asks_for_the_password_again(admin: Any, people: Any) -> None:
    admin.post("/o/fernhollow/mailboxes/proxies/new/", ENTERED)
    with organization_scope(people.admin.organization_id):
        proxy = Proxy.objects.get()
    page = f"/o/fernhollow/mailboxes/proxies/{proxy.pk}/"
    assert admin.post(page, ENTERED | {"password": "", "name": "Other"}).status_code == 302
    assert admin.post(page, ENTERED | {"password": "", "host": "evil.example"}).status_code == 422


def test_a_proxy_nobody_uses_is_removed(admin: Any, stored: Any) -> None:
    page = f"/o/fernhollow/mailboxes/proxies/{stored.pk}/deletion/"
    assert "No mailbox goes through it" in admin.get(page).content.decode()
    assert admin.post(page).status_code == 302
    assert admin.get(page).status_code == 404


def test_a_mailbox_selects_a_proxy_and_real_time(admin: Any, people: Any, stored: Any) -> None:
    organization = people.admin.organization
    page = admin.get(f"{MAILBOXES}new/").content.decode()
    assert "None: directly" in page
    assert "Real time" in page
    admin.post(f"{MAILBOXES}new/", entered(proxy=str(stored.pk), is_real_time="on"))
    mailbox = only_mailbox(organization)
    assert (mailbox.connection.proxy_id, mailbox.outgoing.proxy_id, mailbox.is_real_time) == (
        stored.pk,
        stored.pk,
        True,
    )
    edit = f"{MAILBOXES}{mailbox.pk}/"
    assert f'<option value="{stored.pk}" selected>' in admin.get(edit).content.decode()
    admin.post(edit, entered(password=None))
    mailbox = only_mailbox(organization)
    assert (mailbox.connection.proxy_id, mailbox.outgoing.proxy_id, mailbox.is_real_time) == (None, None, False)
    with organization_scope(organization.id):
        changes = AuditEntry.objects.get(action="mailbox.changed").changes
    assert changes["proxy"] == ["Way out", None]


def test_a_proxy_of_another_organization_cannot_be_selected(admin: Any, otherco: Any) -> None:
    with organization_scope(otherco.id):
        foreign = Proxy.objects.create(name="Theirs", host="proxy.example")
    response = admin.post(f"{MAILBOXES}new/", entered(proxy=str(foreign.pk)))
    assert response.status_code == 422


def test_pop3_has_no_real_time(admin: Any, people: Any) -> None:
    admin.post(f"{MAILBOXES}new/", entered(protocol="pop3", port=995, is_real_time="on"))
    assert not only_mailbox(people.admin.organization).is_real_time


# The forms of the other kinds.


def test_every_form_offers_the_proxies_once_there_are_any(admin: Any, people: Any) -> None:
    pages = [f"{MAILBOXES}new/microsoft-app/", f"{MAILBOXES}new/microsoft/", f"{MAILBOXES}new/google/"]
    pages += [f"{MAILBOXES}new/other/", f"{MAILBOXES}new/?protocol=ews", f"{MAILBOXES}outgoing/new/"]
    assert [page for page in pages if 'name="proxy"' in admin.get(page).content.decode()] == []
    with organization_scope(people.admin.organization_id):
        Proxy.objects.create(name="Way out", host="proxy.example")
    assert [page for page in pages if 'name="proxy"' not in admin.get(page).content.decode()] == []


def test_a_mailbox_that_somebody_signs_in_for_selects_a_proxy_and_another(admin: Any, people: Any, stored: Any) -> None:
    organization = people.admin.organization
    values = {"name": "Help", "address": "ann@acme.example", "kind": "graph", "cloud": "global"}
    app = {"client_id": "app-1", "client_secret": "s3cret", "tenant": "acme.example"}
    admin.post(f"{MAILBOXES}new/microsoft/", values | app | {"proxy": str(stored.pk)})
    mailbox = only_mailbox(organization)
    assert (mailbox.connection.proxy_id, mailbox.outgoing.proxy_id) == (stored.pk, stored.pk)
    page = f"{MAILBOXES}{mailbox.pk}/sign-in/"
    assert f'<option value="{stored.pk}" selected>' in admin.get(page).content.decode()
    admin.post(page, app | {"cloud": "global", "proxy": ""})
    mailbox = only_mailbox(organization)
    assert (mailbox.connection.proxy_id, mailbox.outgoing.proxy_id) == (None, None)
    with organization_scope(organization.id):
        assert AuditEntry.objects.get(action="mailbox.changed").changes["proxy"] == ["Way out", None]


def test_an_outgoing_server_selects_a_proxy_and_protects_it(admin: Any, people: Any, stored: Any) -> None:
    values = {"name": "Relay", "smtp_host": "relay.example.test", "smtp_port": 587, "smtp_security": "starttls"}
    assert admin.post(f"{MAILBOXES}outgoing/new/", values | {"proxy": str(stored.pk)}).status_code == 302
    with organization_scope(people.admin.organization_id):
        server = OutgoingServer.objects.get(name="Relay")
    assert server.proxy_id == stored.pk
    edit = admin.get(f"{MAILBOXES}outgoing/{server.pk}/").content.decode()
    assert f'<option value="{stored.pk}" selected>' in edit
    deletion = f"{MAILBOXES}proxies/{stored.pk}/deletion/"
    assert "These outgoing servers are reached through it" in admin.get(deletion).content.decode()
    assert admin.post(deletion).status_code == 422
