"""The same people for every test: fernhollow has an owner, an admin, an agent and a viewer; otherco has a stranger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest


@pytest.fixture
def fernhollow(db: None) -> Any:
    """The organization most tests play in."""
    from tests.factories.people import make_organization

    return make_organization("fernhollow")


@pytest.fixture
def otherco(db: None) -> Any:
    """Another organization, whose things nobody of fernhollow may see."""
    from tests.factories.people import make_organization

    return make_organization("otherco")


@pytest.fixture
def people(fernhollow: Any, otherco: Any) -> SimpleNamespace:
    """Memberships: owner, admin, agent, viewer of fernhollow, and stranger, an owner of otherco."""
    from helpdesk.accounts.models import Role
    from tests.factories.people import make_member

    return SimpleNamespace(
        owner=make_member(fernhollow, role=Role.OWNER, email="olive@fernhollow.test", name="Olive Owner"),
        admin=make_member(fernhollow, role=Role.ADMIN, email="adam@fernhollow.test", name="Adam Admin"),
        agent=make_member(fernhollow, role=Role.AGENT, email="ines@fernhollow.test", name="Ines Duarte"),
        viewer=make_member(fernhollow, role=Role.VIEWER, email="vera@fernhollow.test", name="Vera Viewer"),
        stranger=make_member(otherco, role=Role.OWNER, email="charlie@otherco.test", name="Charlie Stranger"),
    )


@pytest.fixture
def in_fernhollow(fernhollow: Any) -> Iterator[Any]:
    """The test runs in fernhollow's scope; gives the organization."""
    from helpdesk.tenancy.scope import organization_scope

    with organization_scope(fernhollow.id):
        yield fernhollow


@pytest.fixture
def signed_in(client: Any) -> Callable[[Any], Any]:
    """A browser signed in as the given member."""

    def sign_in(membership: Any) -> Any:
        client.force_login(membership.user)
        return client

    return sign_in
