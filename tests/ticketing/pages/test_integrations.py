"""The pages of integrations: the token is shown once, and what is left is the way it begins."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from helpdesk.tenancy.scope import organization_scope
from tests.factories.integrations import make_integration
from tests.factories.tickets import make_ticket
from ticketing.models import Integration, IntegrationToken, Priority
from ticketing.services import changes
from ticketing.services.history import by_author
from ticketing.services.integrations.tokens import speaker

pytestmark = [pytest.mark.django_db, pytest.mark.req("S3.4")]


@pytest.fixture
def shop(people: Any) -> Integration:
    """An integration of fernhollow."""
    with organization_scope(people.admin.organization_id):
        return make_integration(people.admin)


def _url(name: str, **more: Any) -> str:
    return reverse(name, kwargs={"slug": "fernhollow", **more})


def test_an_admin_makes_an_integration_and_comes_to_its_page(people: Any, signed_in: Any) -> None:
    client = signed_in(people.admin)
    page = client.post(_url("add_integration"), {"name": "Phone <b>system"}, follow=True).content.decode()
    assert "Phone &lt;b&gt;system" in page
    assert "No token yet" in page
    assert "Phone &lt;b&gt;system" in client.get(_url("integrations")).content.decode()


def test_a_token_is_shown_once(shop: Integration, people: Any, signed_in: Any) -> None:
    client = signed_in(people.admin)
    shown = client.post(_url("new_integration_token", integration_id=shop.pk), {"scope": "write", "token_name": "pos1"})
    secret = shown.context["issued"].secret
    assert secret in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert speaker(secret).scope == "write"
    page = client.get(_url("integration", integration_id=shop.pk)).content.decode()
    assert secret not in page
    assert secret[:15] in page
    assert "pos1" in page


@pytest.mark.parametrize(
    "data",
    [{"scope": "everything"}, {"scope": "read", "expires_on": "2020-01-01"}, {"scope": "read", "expires_on": "x"}],
)
def test_a_token_that_cannot_be_is_refused_beside_its_field(
    data: dict[str, str], shop: Integration, people: Any, signed_in: Any
) -> None:
    answer = signed_in(people.admin).post(_url("new_integration_token", integration_id=shop.pk), data)
    assert answer.status_code == 422
    assert answer.context["token_form"].errors
    with organization_scope(shop.organization_id):
        assert not IntegrationToken.objects.exists()


def test_a_name_that_is_taken_is_refused(shop: Integration, people: Any, signed_in: Any) -> None:
    answer = signed_in(people.admin).post(_url("add_integration"), {"name": "Shop"})
    assert answer.status_code == 422
    assert "There is an integration with this name" in answer.content.decode()


def test_the_history_of_a_ticket_names_the_integration(shop: Integration, people: Any, signed_in: Any) -> None:
    with organization_scope(shop.organization_id):
        ticket = make_ticket()
        changes.set_priority([ticket], priority=Priority.HIGH, by=by_author(shop))
    page = signed_in(people.agent).get(_url("ticket", number=ticket.number)).content.decode()
    assert page.count('<b dir="auto">Shop</b>') >= 2  # in the thread and in the activity


def test_the_reference_is_served_from_here_alone(people: Any, signed_in: Any) -> None:
    page = signed_in(people.admin).get(_url("api_reference"))
    loaded = re.findall(r'<(?:script|link)[^>]+(?:src|href)="([^"]+)"', page.content.decode())
    ours = [
        address.removeprefix("/static/") for address in loaded if "sidecar" in address or "api-reference" in address
    ]
    assert len(ours) == 3
    assert all(finders.find(path) for path in ours)
    assert not [address for address in loaded if not address.startswith("/")]
    assert "unsafe" not in page["Content-Security-Policy"]
    assert 'data-api-document="/api/v1/schema/"' in page.content.decode()


def test_the_log_leads_to_the_integration(shop: Integration, people: Any, signed_in: Any) -> None:
    page = signed_in(people.admin).get(_url("settings_audit")).content.decode()
    assert "made the integration" in page
    assert _url("integration", integration_id=shop.pk) in page
