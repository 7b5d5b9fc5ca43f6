"""From `/o/<slug>/…` into the organization, for members alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from helpdesk.accounts.access import for_members, opens_scope_itself
from helpdesk.accounts.middleware import OrganizationMiddleware
from helpdesk.accounts.models import Membership, Team, User
from helpdesk.tenancy.scope import organization_scope
from helpdesk.tenancy.state import current_organization_id

pytestmark = [pytest.mark.django_db]
SignIn = Callable[[Any], Client]
PAGE = "/o/fernhollow/settings/roles/"


def test_signed_out_leads_to_the_sign_in_page_and_back(client: Client, fernhollow: Any) -> None:
    response = client.get(f"{PAGE}?a=1&b=%2F%26")
    address = urlsplit(response.headers["Location"])
    assert (response.status_code, address.path) == (302, "/accounts/login/")
    assert parse_qs(address.query) == {"next": [f"{PAGE}?a=1&b=%2F%26"]}


def test_signed_out_looks_the_same_for_organizations_that_do_not_exist(client: Client, fernhollow: Any) -> None:
    assert client.get("/o/nowhere/settings/").status_code == client.get("/o/fernhollow/settings/").status_code == 302


def test_a_form_sent_signed_out_leads_back_to_its_page(client: Client, fernhollow: Any) -> None:
    response = client.post("/o/fernhollow/settings/people/1/role/", headers={"Referer": f"http://testserver{PAGE}?x=1"})
    assert parse_qs(urlsplit(response.headers["Location"]).query) == {"next": [f"{PAGE}?x=1"]}


def test_a_form_sent_signed_out_from_elsewhere_leads_home(client: Client, fernhollow: Any) -> None:
    response = client.post(PAGE, headers={"Referer": "https://evil.test/o/fernhollow/"})
    assert parse_qs(urlsplit(response.headers["Location"]).query) == {"next": ["/"]}


def test_a_part_asked_for_signed_out_opens_the_dialog(client: Client, fernhollow: Any) -> None:
    response = client.get(PAGE, headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["HX-Trigger"], response.content) == (401, "signin", b"")


@pytest.mark.parametrize("slug", ["nowhere", "FERNHOLLOW", "fernhollow%00", "%F0%9F%A6%84", "..", "a" * 300, ""])
def test_what_is_no_organization_of_mine_is_not_found(people: Any, signed_in: SignIn, slug: str) -> None:
    assert signed_in(people.agent).get(f"/o/{slug}/settings/roles/").status_code == 404


def test_a_stranger_finds_nothing(people: Any, signed_in: SignIn) -> None:
    stranger = signed_in(people.stranger)
    assert stranger.get(PAGE).status_code == 404
    assert "Fernhollow" not in stranger.get(PAGE).content.decode()


def test_a_member_without_the_right_is_refused(people: Any, signed_in: SignIn) -> None:
    assert signed_in(people.agent).get("/o/fernhollow/settings/people/").status_code == 403


def test_where_one_was_last_is_remembered(people: Any, signed_in: SignIn, otherco: Any) -> None:
    Membership.objects.create(organization=otherco, user=people.agent.user)
    agent = signed_in(people.agent)
    assert "Where to?" in agent.get("/", follow=True).content.decode()
    agent.get("/o/otherco/settings/roles/")
    assert agent.get("/").headers["Location"] == "/o/otherco/"
    agent.get(PAGE, headers={"HX-Request": "true"})
    assert agent.get("/").headers["Location"] == "/o/otherco/"
    agent.get(PAGE)
    assert agent.get("/").headers["Location"] == "/o/fernhollow/"


def test_an_organization_that_was_left_is_not_gone_back_to(people: Any, signed_in: SignIn, otherco: Any) -> None:
    agent = signed_in(people.agent)
    User.objects.filter(pk=people.agent.user_id).update(last_organization=otherco)
    assert agent.get("/").headers["Location"] == "/o/fernhollow/"


def middleware_over(view: Callable[[Any], HttpResponse]) -> OrganizationMiddleware:
    return OrganizationMiddleware(view)


def request_of(member: Any) -> HttpRequest:
    request = RequestFactory().get(PAGE)
    request.user = member.user
    return request


def test_a_failure_undoes_what_was_written(people: Any) -> None:
    def fails(request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            Team.objects.create(name="Half")
        return HttpResponse(status=500)

    response = middleware_over(fails)(request_of(people.agent))
    assert response.status_code == 500
    assert current_organization_id() is None
    # On SQLite each service's own transaction is what is undone; the request has none around it.
    with_request_transaction = connection.vendor == "postgresql"
    with organization_scope(people.agent.organization_id):
        assert Team.objects.exists() is not with_request_transaction


def test_the_view_runs_in_the_scope_and_nothing_after_it(people: Any) -> None:
    seen: list[int | None] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(current_organization_id())
        return HttpResponse()

    middleware_over(view)(request_of(people.agent))
    assert (seen, current_organization_id()) == ([people.agent.organization_id], None)


def test_a_view_that_opens_the_scope_itself_gets_none(people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int | None] = []

    @for_members
    @opens_scope_itself
    def view(request: Any) -> HttpResponse:
        seen.append(current_organization_id())
        return HttpResponse()

    class Match:
        func = staticmethod(view)

    monkeypatch.setattr("helpdesk.accounts.middleware.resolve", lambda path: Match)
    middleware_over(lambda request: view(request, "fernhollow"))(request_of(people.agent))
    assert seen == [None]
