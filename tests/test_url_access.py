"""Every route as every kind of person: the access table holds, and nothing is missing from it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from helpdesk.tenancy.scope import organization_scope
from tests import access_channels, access_objects, access_programs  # noqa: F401  their makers name themselves
from tests.access_makers import MAKERS
from tests.access_rows import ACTORS, Row
from tests.access_table import TABLE

ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")


def views(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every route below the resolver, joined as it is written, with its view."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern), pattern.callback


# On SQLite it is enough that each page and form works: who may come is known before.
ASKED = ACTORS if os.environ.get("DATABASE_URL") else ("owner",)
URLS = "tests.demo_urls"  # the sandbox among them
VIEWS = dict(views(get_resolver(URLS)))
ROUTES = sorted(
    route for route in VIEWS if not route.startswith("api/")
)  # programs: tests/ticketing/api/test_access.py


@pytest.fixture(autouse=True)
def every_route(settings: Any) -> None:
    """The sandbox is there too."""
    settings.ROOT_URLCONF = URLS


@pytest.fixture(autouse=True)
def unlimited(settings: Any) -> None:
    """No rate limit reaches from one row into the next."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "access"}}
    settings.ACCOUNT_RATE_LIMITS = False


def address_of(row: Row, people: Any) -> str:
    """The row's route with its arguments filled in; what they name exists from then on."""
    with organization_scope(people.owner.organization_id):
        values = {name: _value(text, people) for name, text in row.objects.items()}
    values["slug"] = people.owner.organization.slug
    path = GROUP.sub(r"<\1>", row.route).strip("^$")
    return "/" + ARGUMENT.sub(lambda match: str(values[match[1]]), path)


def _value(text: str, people: Any) -> Any:
    return text[1:] if text.startswith("=") else MAKERS[text](people)


def answer(row: Row, *, address: str, user: Any) -> str:
    """The code this person gets; whatever they changed is undone."""
    client = Client()
    with transaction.atomic():
        if user is not None:
            client.force_login(user)
        code = _send(client, address, row).status_code
        transaction.set_rollback(True)
    return str(code)


def _send(client: Client, address: str, row: Row) -> Any:
    return client.get(address) if row.method == "GET" else client.post(address, row.data)


def users_of(people: Any) -> dict[str, Any]:
    """ACTORS as users; None is nobody."""
    return {name: None if name == "signed out" else getattr(people, name).user for name in ACTORS}


@pytest.mark.both
@pytest.mark.django_db
@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.route}")
def test_everybody_gets_what_the_table_says(row: Row, people: Any) -> None:
    address = address_of(row, people)
    users = users_of(people)
    answers = {name: answer(row, address=address, user=users[name]) for name in ASKED}
    expected = dict(zip(ACTORS, row.codes.split(), strict=True))
    assert answers == {name: expected[name] for name in ASKED}


def test_every_route_has_a_row() -> None:
    missing = sorted(set(ROUTES) - {row.route for row in TABLE if row.method == "GET"})
    assert not missing, f"Add a row for each to tests/access_table.py: {missing}"


def test_every_row_has_a_route() -> None:
    gone = sorted({row.route for row in TABLE} - set(ROUTES))
    assert not gone, f"No such route any more; remove from tests/access_table.py: {gone}"


def test_every_row_names_makers_that_exist() -> None:
    named = {name for row in TABLE for name in row.objects.values() if not name.startswith("=")}
    assert named <= MAKERS.keys()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "row",
    [row for row in TABLE if row.method == "GET" and (row.route, "POST") not in {(r.route, r.method) for r in TABLE}],
    ids=lambda row: row.route,
)
def test_what_has_no_row_for_post_takes_none(row: Row, people: Any) -> None:
    posted = Row(row.route, row.codes, "POST")
    assert answer(posted, address=address_of(row, people), user=people.owner.user) == "405"


@pytest.mark.parametrize("route", [route for route in ROUTES if route.startswith("o/")])
def test_every_view_of_an_organization_names_whom_it_is_for(route: str) -> None:
    view = VIEWS[route]
    assert hasattr(view, "capability") or hasattr(view, "is_for_members")
