"""A program with a token, and what it needs to be answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from helpdesk.tenancy.scope import organization_scope
from tests.factories.integrations import make_integration, make_token
from ticketing.models import Integration, TokenScope


@dataclass
class Program:
    """What calls the API with its token."""

    integration: Integration
    secret: str

    def get(self, path: str, data: Any = None, **headers: str) -> Any:
        """What the address answers."""
        return self._client(headers).get(f"/api/v1/{path}", data)

    def post(self, path: str, data: Any, **headers: str) -> Any:
        """What is answered to this JSON."""
        return self._client(headers).post(f"/api/v1/{path}", data, content_type="application/json")

    def patch(self, path: str, data: Any, **headers: str) -> Any:
        """What is answered to this JSON."""
        return self._client(headers).patch(f"/api/v1/{path}", data, content_type="application/json")

    def _client(self, headers: dict[str, str]) -> Client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Client(headers={"Authorization": f"Bearer {self.secret}", **named}, raise_request_exception=False)


MakeProgram = Callable[..., Program]


@pytest.fixture(autouse=True)
def local_cache(settings: Any, request: Any) -> None:
    """Nobody's calls are counted for another test."""
    place = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": request.node.nodeid}
    settings.CACHES = {"default": place}


@pytest.fixture
def program_of() -> MakeProgram:
    """Makes an integration of the member's organization, with a token."""

    def make(member: Any, *, name: str = "Shop", scope: TokenScope = TokenScope.WRITE) -> Program:
        with organization_scope(member.organization_id):
            integration = make_integration(member, name=name)
            return Program(integration, make_token(integration, actor=member, scope=scope).secret)

    return make


@pytest.fixture
def shop(people: Any, program_of: MakeProgram) -> Program:
    """Fernhollow's web shop, which may write."""
    return program_of(people.admin)
