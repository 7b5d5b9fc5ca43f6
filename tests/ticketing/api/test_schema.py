"""The OpenAPI document: complete, valid, and the same for everybody."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from tests.ticketing.api.test_access import ROUTES
from ticketing.api.schema import document

pytestmark = [pytest.mark.django_db, pytest.mark.req("S3.4")]


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    """The document, made anew."""
    document.cache_clear()
    GENERATOR_STATS.reset()
    return document()


def test_it_is_valid_and_nothing_in_it_was_guessed(made: dict[str, Any]) -> None:
    validate_schema(made)
    assert not GENERATOR_STATS


def test_every_address_and_method_is_in_it(made: dict[str, Any]) -> None:
    described = {
        (path.removeprefix("/api/v1/").replace("{", "<").replace("}", ">"), method.upper())
        for path, methods in made["paths"].items()
        for method in methods
    }
    plain = {(_without_types(route), method) for route, methods in ROUTES.items() for method in methods}
    assert described == plain - {("schema/", "GET")}


def test_every_operation_asks_for_the_token_and_says_how_it_refuses(made: dict[str, Any]) -> None:
    operations = [operation for methods in made["paths"].values() for operation in methods.values()]
    assert all(operation["security"] == [{"token": []}] for operation in operations)
    assert all({"401", "403", "429"} <= set(operation["responses"]) for operation in operations)
    assert made["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}


def test_anybody_may_read_it() -> None:
    answer = Client().get("/api/v1/schema/")
    assert (answer.status_code, answer.json()["info"]["title"]) == (200, "Postroom")


def _without_types(route: str) -> str:
    return route.replace("<int:", "<").replace("<uuid:", "<")
