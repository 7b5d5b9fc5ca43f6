"""No query without an organization, and none across."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django_scopes import ScopeError

from helpdesk.accounts.models import Team
from helpdesk.tenancy.scope import organization_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def teams(fernhollow: Any, otherco: Any) -> dict[str, int]:
    made = {}
    for organization in (fernhollow, otherco):
        with organization_scope(organization.id):
            made[organization.slug] = Team.objects.create(name="Repairs").id
    return made


@pytest.mark.parametrize("read", ["count", "exists", "explain", "first", "all", "none"])
def test_reading_outside_a_scope_raises(teams: dict[str, int], read: str) -> None:
    with pytest.raises(ScopeError):
        getattr(Team.objects, read)()


def test_a_scope_shows_its_own_rows_only(teams: dict[str, int], fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        assert [t.id for t in Team.objects.all()] == [teams["fernhollow"]]


def test_a_row_of_another_organization_is_not_written(fernhollow: Any, otherco: Any) -> None:
    with organization_scope(fernhollow.id), pytest.raises(ScopeError):
        Team.objects.create(name="Stray", organization=otherco)


def test_bulk_rows_of_another_organization_are_not_written(fernhollow: Any, otherco: Any) -> None:
    with organization_scope(fernhollow.id), pytest.raises(ScopeError):
        Team.objects.bulk_create([Team(name="Stray", organization=otherco)])


def test_nested_scopes_each_see_their_own(teams: dict[str, int], fernhollow: Any, otherco: Any) -> None:
    with organization_scope(fernhollow.id):
        with organization_scope(otherco.id):
            assert Team.objects.get().id == teams["otherco"]
        assert Team.objects.get().id == teams["fernhollow"]


def test_a_failed_inner_scope_leaves_the_outer_one(teams: dict[str, int], fernhollow: Any, otherco: Any) -> None:
    with organization_scope(fernhollow.id):
        with pytest.raises(ValueError), organization_scope(otherco.id):
            raise ValueError
        assert Team.objects.get().id == teams["fernhollow"]


needs_postgresql = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="row-level security is PostgreSQL's; the PostgreSQL run shows it"
)


@needs_postgresql
@pytest.mark.servers
def test_raw_sql_sees_nothing_across_organizations(teams: dict[str, int], fernhollow: Any) -> None:
    with organization_scope(fernhollow.id), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM accounts_team")
        assert cursor.fetchall() == [(teams["fernhollow"],)]


@needs_postgresql
@pytest.mark.servers
def test_raw_sql_without_a_scope_is_an_error(teams: dict[str, int]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM accounts_team")


@needs_postgresql
@pytest.mark.servers
def test_raw_sql_cannot_write_into_another_organization(fernhollow: Any, otherco: Any) -> None:
    with (
        pytest.raises(DatabaseError),
        transaction.atomic(),
        organization_scope(fernhollow.id),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO accounts_team (organization_id, name, hue, created_at) VALUES (%s, 'x', 1, now())",
            [otherco.id],
        )


@needs_postgresql
@pytest.mark.servers
def test_a_reference_cannot_point_across(teams: dict[str, int], fernhollow: Any, people: Any) -> None:
    insert = "INSERT INTO accounts_teammember (organization_id, team_id, membership_id) VALUES (%s, %s, %s)"
    with (
        pytest.raises(DatabaseError, match="team_id_own"),
        transaction.atomic(),
        organization_scope(fernhollow.id),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(insert, [fernhollow.id, teams["otherco"], people.agent.id])


@pytest.mark.django_db(databases=["default"])
def test_the_second_wall_stands() -> None:
    from helpdesk.tenancy.checks import second_wall_stands

    assert second_wall_stands(databases=["default"]) == []
