"""Prepared queries give what Django gives, compile once, and never look across organizations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django_scopes import ScopeError

from helpdesk.accounts.models import Membership, Organization, Role, Team, TeamMember, User
from helpdesk.lib import clock
from helpdesk.tenancy.prepared import Prepared, Row, read_ahead, reading_ahead
from helpdesk.tenancy.scope import organization_scope

pytestmark = [pytest.mark.django_db, pytest.mark.both]

NAMED: Prepared[Team] = Prepared(lambda name: Team.objects.filter(name=name))


def team_in(organization: Organization, name: str = "Repairs") -> Team:
    """A team of that name there."""
    with organization_scope(organization.id):
        team: Team = Team.objects.create(name=name)
    return team


def member_of(organization: Organization) -> Membership:
    """A member with a user."""
    user = User.objects.create_user(f"ines@{organization.slug}.test", name="Ines")
    return Membership.objects.create(organization=organization, user=user, role=Role.AGENT)


def test_a_prepared_query_finds_the_rows_of_the_open_scope(fernhollow: Any, otherco: Any) -> None:
    own, other = team_in(fernhollow), team_in(otherco)
    with organization_scope(fernhollow.id):
        assert NAMED.rows(name="Repairs") == [own]
    with organization_scope(otherco.id):
        assert NAMED.rows(name="Repairs") == [other]
        assert NAMED.first(name="Sales") is None


def test_a_prepared_query_is_built_once_for_each_shape(fernhollow: Any) -> None:
    built: list[int] = []

    def build(ids: list[int]) -> QuerySet[Team]:
        built.append(len(ids))
        return Team.objects.filter(id__in=ids)

    prepared: Prepared[Team] = Prepared(build)
    teams = [team_in(fernhollow, name) for name in ("Repairs", "Sales", "Hire")]
    with organization_scope(fernhollow.id):
        assert prepared.rows(ids=[teams[0].pk, teams[1].pk]) == teams[:2]
        assert prepared.rows(ids=[teams[1].pk, teams[2].pk]) == teams[1:]
        assert prepared.rows(ids=[teams[2].pk]) == teams[2:]
    assert built == ([1] if connection.vendor == "postgresql" else [2, 1])  # which takes a list as one value


def test_instances_come_with_what_they_select_and_are_annotated_with(
    fernhollow: Any, django_assert_num_queries: Any
) -> None:
    member, team = member_of(fernhollow), team_in(fernhollow)
    places = TeamMember.objects.filter
    prepared: Prepared[TeamMember] = Prepared(
        lambda actor: (
            places(membership=actor)
            .select_related("membership__user", "team")
            .annotate(is_alone=~Exists(places(team=OuterRef("team")).exclude(pk=OuterRef("pk"))))
        )
    )
    with organization_scope(fernhollow.id):
        TeamMember.objects.create(team=team, membership=member)
        with django_assert_num_queries(1):
            (found,) = prepared.rows(actor=member)
            assert (found.membership.user.name, found.team.name) == ("Ines", "Repairs")
            assert found.is_alone is True  # type: ignore[attr-defined]  # the annotation
        assert not found._state.adding


def test_moments_none_and_shapes_are_compared_as_django_does(fernhollow: Any) -> None:
    team = team_in(fernhollow)
    since: Prepared[Row] = Prepared(
        lambda order, moment: Team.objects.filter(created_at__gte=moment).values_list(order)
    )
    later = Prepared[Row](lambda moment: Team.objects.filter(created_at=moment).values_list("name"))
    with organization_scope(fernhollow.id):
        assert since.rows("name", moment=team.created_at) == [("Repairs",)]
        assert since.rows("id", moment=team.created_at) == [(team.pk,)]
        assert since.rows("name", moment=clock.now() + timedelta(days=1)) == []
        assert later.rows(moment=None) == []


def test_a_prepared_query_outside_a_scope_raises(fernhollow: Any) -> None:
    team_in(fernhollow)
    with organization_scope(fernhollow.id):
        NAMED.rows(name="Repairs")
    with pytest.raises(ScopeError):
        NAMED.rows(name="Repairs")


def test_an_instance_of_another_organization_is_refused(fernhollow: Any, otherco: Any) -> None:
    prepared: Prepared[Team] = Prepared(lambda team: Team.objects.filter(pk=team.pk))
    stranger = team_in(otherco)
    with organization_scope(fernhollow.id), pytest.raises(ScopeError):
        prepared.rows(team=stranger)


def test_what_an_instance_knows_beside_its_key_cannot_slip_into_a_query(fernhollow: Any) -> None:
    prepared: Prepared[Membership] = Prepared(lambda actor: Membership.objects.filter(role=actor.role))
    member = member_of(fernhollow)
    with organization_scope(fernhollow.id), pytest.raises(ObjectDoesNotExist):
        prepared.rows(actor=member)


def test_a_query_that_names_no_organization_is_refused(fernhollow: Any) -> None:
    prepared: Prepared[User] = Prepared(lambda: User.objects.all())
    with organization_scope(fernhollow.id), pytest.raises(ScopeError):
        prepared.rows()


def test_an_unscoped_query_cannot_read_what_an_organization_owns(fernhollow: Any) -> None:
    users: Prepared[User] = Prepared(lambda email: User.objects.filter(email=email), is_scoped=False)
    teams: Prepared[Team] = Prepared(lambda: Team.objects.all(), is_scoped=False)
    member = member_of(fernhollow)
    assert users.rows(email=member.user.email) == [member.user]
    with organization_scope(fernhollow.id), pytest.raises(ScopeError):
        teams.rows()


BY_NAMES: Prepared[Team] = Prepared(lambda names: Team.objects.filter(name__in=names).order_by("id"))


def test_questions_asked_ahead_are_one_round_trip(fernhollow: Any, django_assert_num_queries: Any) -> None:
    own = [team_in(fernhollow, name) for name in ("Repairs", 'a"b\\c, {d}')]
    is_server = connection.vendor == "postgresql"
    with organization_scope(fernhollow.id), reading_ahead():
        with django_assert_num_queries(1 if is_server else 0):
            read_ahead(NAMED.asking(name="Repairs"), BY_NAMES.asking(names=[team.name for team in own]))
        with django_assert_num_queries(0 if is_server else 2):
            assert NAMED.rows(name="Repairs") == own[:1]
            assert BY_NAMES.rows(names=[team.name for team in own]) == own
        with django_assert_num_queries(1):
            assert NAMED.rows(name="Sales") == []


def test_what_was_asked_ahead_is_no_answer_elsewhere(fernhollow: Any, otherco: Any) -> None:
    own, other = team_in(fernhollow), team_in(otherco)
    with organization_scope(fernhollow.id), reading_ahead():
        read_ahead(NAMED.asking(name="Repairs"), BY_NAMES.asking(names=["Repairs"]))
        with organization_scope(otherco.id):
            assert NAMED.rows(name="Repairs") == [other]
        with reading_ahead():
            Team.objects.filter(pk=own.pk).update(name="Sales")
            assert NAMED.rows(name="Repairs") == []
    with organization_scope(fernhollow.id):
        assert NAMED.rows(name="Repairs") == []
