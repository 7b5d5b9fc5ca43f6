"""The pages of proxies."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Proxy

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
