"""Who gets in: a token of an integration, for what it may, in its own organization; and what others are told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import add_message, make_ticket
from tests.ticketing.api.conftest import MakeProgram, Program
from ticketing.api.urls import urlpatterns
from ticketing.models import Ticket, TokenScope
from ticketing.services.integrations.integrations import pause_integration

pytestmark = [pytest.mark.django_db, pytest.mark.req("S3.4")]

# Every route of the API with the methods it takes: r is for any token, w for one that may write, - for everybody.
ROUTES = {
    "schema/": {"GET": "-"},
    "tickets/": {"GET": "r", "POST": "w"},
    "tickets/<int:number>/": {"GET": "r", "PATCH": "w"},
    "tickets/<int:number>/messages/": {"GET": "r", "POST": "w"},
    "tickets/<int:number>/messages/<int:message_id>/": {"GET": "r"},
    "attachments/<uuid:public_id>/": {"GET": "r"},
    "contacts/": {"GET": "r"},
    "contacts/<int:contact_id>/": {"GET": "r"},
    "teams/": {"GET": "r"},
    "people/": {"GET": "r"},
    "tags/": {"GET": "r"},
    "fields/": {"GET": "r"},
    "mailboxes/": {"GET": "r"},
}
CALLS = [(route, method, needs) for route, methods in ROUTES.items() for method, needs in methods.items()]
GUARDED = [(route, method) for route, method, needs in CALLS if needs != "-"]
ROUTES_OF_ONE = [route for route in ROUTES if "<" in route]


def _address(route: str, *, ticket: Any = None) -> str:
    filled = route.replace("<int:number>", str(ticket.number if ticket else 1)).replace("<int:message_id>", "1")
    return filled.replace("<uuid:public_id>", "5b0c8a7e-0000-4000-8000-000000000000").replace("<int:contact_id>", "1")


def test_every_route_is_in_the_table() -> None:
    assert {str(pattern.pattern).removeprefix("api/v1/") for pattern in urlpatterns} == set(ROUTES)
    assert get_resolver().resolve("/api/v1/tickets/")


@pytest.mark.parametrize(("route", "method"), GUARDED)
@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer postroom_wrong", "Basic b2xpdmU6eA==", "Bearer \udcff"])
def test_without_a_good_token_nothing_is_told(route: str, method: str, header: str) -> None:
    answer = Client().generic(method, f"/api/v1/{_address(route)}", HTTP_AUTHORIZATION=header)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert not answer.cookies


@pytest.mark.parametrize(("route", "method"), GUARDED)
def test_a_signed_in_person_is_nobody_here(route: str, method: str, people: Any) -> None:
    client = Client()
    client.force_login(people.owner.user)
    assert client.generic(method, f"/api/v1/{_address(route)}").status_code == 401


@pytest.mark.parametrize(("route", "method"), [(route, method) for route, method, needs in CALLS if needs == "w"])
def test_a_token_that_reads_does_not_write(
    route: str, method: str, people: Any, program_of: MakeProgram, in_fernhollow: Any
) -> None:
    reader = program_of(people.admin, scope=TokenScope.READ)
    ticket = make_ticket()
    call = {"POST": reader.post, "PATCH": reader.patch}[method]
    answer = call(_address(route, ticket=ticket), {"subject": "Mine"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert Ticket.objects.get().subject == ticket.subject


@pytest.mark.both
def test_another_organization_sees_nothing_of_it(people: Any, program_of: MakeProgram) -> None:
    with organization_scope(people.admin.organization_id):
        ticket = make_ticket()
        contact, message = ticket.requester, ticket.messages.get()
    theirs = program_of(people.stranger)
    for path in ("tickets/", "contacts/", "teams/", "tags/", "mailboxes/"):
        assert theirs.get(path).json()["results"] == []
    assert [person["name"] for person in theirs.get("people/").json()["results"]] == ["Charlie Stranger"]
    for path in (
        f"tickets/{ticket.number}/",
        f"tickets/{ticket.number}/messages/",
        f"tickets/{ticket.number}/messages/{message.pk}/",
        f"contacts/{contact.pk}/",
    ):
        assert theirs.get(path).status_code == 404
    assert theirs.patch(f"tickets/{ticket.number}/", {"subject": "Mine"}).status_code == 404
    said = {"kind": "note", "text": "Hello"}
    assert theirs.post(f"tickets/{ticket.number}/messages/", said).status_code == 404


def test_ids_of_another_organization_are_named_as_not_there(
    people: Any, shop: Program, program_of: MakeProgram
) -> None:
    theirs = people.stranger.pk
    body = {"subject": "Hello", "text": "Hi", "contact": {"address": "amara@larkmoor.test"}, "assignee": theirs}
    answer = shop.post("tickets/", body)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "assignee", "detail": "There is no such person. See /api/v1/people/."}]


def test_a_paused_integration_is_told_so(people: Any, shop: Program) -> None:
    with organization_scope(people.admin.organization_id):
        pause_integration(shop.integration, actor=people.admin)
    answer = shop.get("tickets/")
    assert (answer.status_code, answer.json()["code"]) == (401, "paused")
    assert "An admin can resume it" in answer.json()["detail"]


def test_too_many_calls_wait_as_long_as_they_are_told(shop: Program, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 2
    start = clock.now()
    with clock.held_at(start):
        assert [shop.get("teams/").status_code for _ in range(3)] == [200, 200, 429]
        refused = shop.get("teams/")
    assert refused.json()["code"] == "throttled"
    with clock.held_at(clock.in_seconds(int(refused["Retry-After"]))):
        assert shop.get("teams/").status_code == 200


def test_each_token_has_calls_of_its_own(shop: Program, people: Any, program_of: MakeProgram, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 1
    other = program_of(people.admin, name="Phones")
    assert [shop.get("teams/").status_code, other.get("teams/").status_code] == [200, 200]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "malformed"),
        ("[" * 100_000, 400, "malformed"),
        ('{"subject": NaN}', 400, "malformed"),
        ("\udcff", 400, "malformed"),
        ("[]", 422, "invalid"),
        ("null", 422, "invalid"),
        ('"text"', 422, "invalid"),
        (json.dumps({"subject": "x" * 6_000_000}), 413, "too_large"),
    ],
)
def test_a_body_that_is_none_is_refused(body: str, status: int, code: str, shop: Program) -> None:
    headers = {"Authorization": f"Bearer {shop.secret}", "Idempotency-Key": "one"}
    content = body.encode("utf-8", "surrogateescape")
    answer = Client(headers=headers).generic("POST", "/api/v1/tickets/", content, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"


def test_what_is_no_json_is_told_what_to_send(shop: Program) -> None:
    client = Client(headers={"Authorization": f"Bearer {shop.secret}"})
    answer = client.post("/api/v1/tickets/", {"subject": "x"})
    assert answer.status_code == 415
    assert "Content-Type: application/json" in answer.json()["detail"]


@pytest.mark.parametrize(
    "path", ["nothing/", "tickets/999/", "tickets/99999999999999999999/", "contacts/99999999999999999999/"]
)
def test_what_is_not_there_is_a_problem_too(path: str, shop: Program) -> None:
    answer = shop.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_method_that_is_not_taken_is_a_problem_too(shop: Program) -> None:
    answer = shop.patch("teams/", {})
    assert (answer.status_code, answer.json()["code"]) == (405, "method")


@pytest.mark.parametrize(("count", "path"), [(2, "tickets/"), (9, "tickets/")])
def test_a_page_costs_the_same_however_long_it_is(
    count: int, path: str, shop: Program, in_fernhollow: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(count):
        add_message(make_ticket(f"Ticket {number}"))
    shop.get("teams/")  # notes the use
    with django_assert_max_num_queries(12):
        assert len(shop.get(path).json()["results"]) == count


@pytest.mark.parametrize("count", [2, 9])
def test_a_thread_costs_the_same_however_long_it_is(
    count: int, shop: Program, in_fernhollow: Any, django_assert_max_num_queries: Any
) -> None:
    ticket = make_ticket()
    for _ in range(count - 1):
        add_message(ticket)
    shop.get("teams/")
    with django_assert_max_num_queries(13):
        assert len(shop.get(f"tickets/{ticket.number}/messages/").json()["results"]) == count
