"""Teams: making, changing, removing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry, Team, TeamMember
from helpdesk.accounts.services.teams import TeamProfile, create_team
from helpdesk.tenancy.scope import organization_scope
from tests.accounts.counting import queries_of

pytestmark = [pytest.mark.django_db]
TEAMS = "/o/fernhollow/settings/teams/"
SignIn = Callable[[Any], Client]


@pytest.fixture
def repairs(people: Any, in_fernhollow: Any) -> Team:
    """A team of the agent."""
    profile = TeamProfile(name="Repairs", hue=3, member_ids=frozenset({people.agent.pk}))
    return create_team(profile, actor=people.admin)


def members_of(team: Team) -> set[int]:
    return set(TeamMember.objects.filter(team=team).values_list("membership_id", flat=True))


def test_a_team_is_made_with_its_members(people: Any, signed_in: SignIn, in_fernhollow: Any) -> None:
    values = {"name": "Repairs", "hue": "3", "members": [people.agent.pk, people.viewer.pk]}
    assert signed_in(people.admin).post(f"{TEAMS}new/", values).headers["Location"] == TEAMS
    team = Team.objects.get()
    assert (team.name, team.hue, members_of(team)) == ("Repairs", 3, {people.agent.pk, people.viewer.pk})
    assert AuditEntry.objects.get().action == "team.created"


def test_a_team_is_renamed_and_people_move(people: Any, signed_in: SignIn, repairs: Team) -> None:
    values = {"name": "Workshop", "hue": "5", "members": [people.viewer.pk]}
    signed_in(people.admin).post(f"{TEAMS}{repairs.pk}/", values)
    team = Team.objects.get()
    assert (team.name, team.hue, members_of(team)) == ("Workshop", 5, {people.viewer.pk})
    changes = AuditEntry.objects.get(action="team.changed").changes
    assert changes["name"] == ["Repairs", "Workshop"]
    assert changes["members"] == ["Ines Duarte", "Vera Viewer"]


def test_saving_without_a_change_leaves_no_entry(people: Any, signed_in: SignIn, repairs: Team) -> None:
    values = {"name": "Repairs", "hue": "3", "members": [people.agent.pk]}
    signed_in(people.admin).post(f"{TEAMS}{repairs.pk}/", values)
    assert not AuditEntry.objects.filter(action="team.changed").exists()


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        ({"name": "", "hue": "1"}, "Enter a name"),
        ({"name": "x" * 81, "hue": "1"}, "at most 80"),
        ({"name": "Repairs", "hue": "1"}, "Choose another one"),
        ({"name": "Other", "hue": "9"}, "valid choice"),
    ],
)
def test_each_refusal_says_what_to_do(
    people: Any, signed_in: SignIn, repairs: Team, values: dict[str, str], advice: str
) -> None:
    response = signed_in(people.admin).post(f"{TEAMS}new/", values)
    assert response.status_code == 422
    assert advice in response.content.decode()
    assert Team.objects.count() == 1


def test_people_of_others_cannot_be_put_into_a_team(people: Any, signed_in: SignIn, repairs: Team) -> None:
    values = {"name": "Repairs", "hue": "3", "members": [people.stranger.pk]}
    assert signed_in(people.admin).post(f"{TEAMS}{repairs.pk}/", values).status_code == 422
    assert members_of(repairs) == {people.agent.pk}


def test_removing_a_team_says_how_many_tickets_stay(people: Any, signed_in: SignIn, repairs: Team) -> None:
    from tests.factories.tickets import make_ticket

    ticket = make_ticket(team=repairs)
    admin = signed_in(people.admin)
    assert "1 tickets" in admin.get(f"{TEAMS}{repairs.pk}/deletion/").content.decode()
    admin.post(f"{TEAMS}{repairs.pk}/deletion/")
    assert not Team.objects.exists()
    ticket.refresh_from_db()
    assert ticket.team_id is None


def test_removing_twice_is_not_found(people: Any, signed_in: SignIn, repairs: Team) -> None:
    admin = signed_in(people.admin)
    address = f"{TEAMS}{repairs.pk}/deletion/"
    assert [admin.post(address).status_code for _time in range(2)] == [302, 404]


def test_a_team_of_others_is_not_found(people: Any, signed_in: SignIn, otherco: Any) -> None:
    with organization_scope(otherco.id):
        theirs = Team.objects.create(name="Theirs")
    admin = signed_in(people.admin)
    for what in ("", "deletion/"):
        assert admin.get(f"{TEAMS}{theirs.pk}/{what}").status_code == 404
        assert admin.post(f"{TEAMS}{theirs.pk}/{what}").status_code == 404
    with organization_scope(otherco.id):
        assert Team.objects.exists()


def test_the_list_costs_the_same_for_many(people: Any, signed_in: SignIn, repairs: Team) -> None:
    admin = signed_in(people.admin)
    part = {"HX-Request": "true"}  # without the rails, which count the tickets of each team
    for_one = queries_of(admin, TEAMS, headers=part)
    Team.objects.bulk_create(Team(name=f"Team {number}") for number in range(30))
    assert queries_of(admin, TEAMS, headers=part) == for_one
