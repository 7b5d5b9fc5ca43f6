"""Teams: making, changing and removing them. Tickets of a removed team stay, without a team."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Membership, Team, TeamMember
from helpdesk.accounts.services import audit
from helpdesk.accounts.signals import team_deleted
from helpdesk.tenancy.state import required_organization_id

HUES = range(1, 9)
NAME_TAKEN = _("There is a team with this name. Choose another one.")


@dataclass(frozen=True)
class TeamProfile:
    """What a team's page holds."""

    name: str
    hue: int  # 1-8
    member_ids: frozenset[int]  # of memberships


def create_team(profile: TeamProfile, *, actor: Membership) -> Team:
    """The team exists. Inside the organization's scope.

    Raises ValidationError by field: name (taken, too long), hue, members (of another organization).
    """
    with transaction.atomic():
        team = Team(name=profile.name.strip(), hue=profile.hue)
        _save(team)
        _set_members(team, member_ids=profile.member_ids)
        audit.record("team.created", target=team, actor=actor, changes={"name": (None, team.name)})
    return team


def change_team(team_id: int, *, profile: TeamProfile, actor: Membership) -> Team:
    """The team has these values and members. Inside the organization's scope.

    Raises ValidationError as `create_team` does, Team.DoesNotExist.
    """
    with transaction.atomic():
        team: Team = Team.objects.select_for_update().get(pk=team_id)
        before = {"name": team.name, "hue": team.hue, "members": _member_names(team)}
        team.name, team.hue = profile.name.strip(), profile.hue
        _save(team)
        _set_members(team, member_ids=profile.member_ids)
        changes = audit.differences(before, after={"name": team.name, "hue": team.hue, "members": _member_names(team)})
        if changes:
            audit.record("team.changed", target=team, actor=actor, changes=changes)
    return team


def delete_team(team_id: int, *, actor: Membership) -> None:
    """The team is gone; what was given to it stays, without a team. Inside the organization's scope.

    Raises Team.DoesNotExist.
    """
    with transaction.atomic():
        team: Team = Team.objects.select_for_update().get(pk=team_id)
        audit.record("team.deleted", target=team, actor=actor, changes={"members": (_member_names(team), "")})
        team_deleted.send(sender=Team, team_id=team.pk, name=team.name)
        team.delete()


def _save(team: Team) -> None:
    team.organization_id = required_organization_id()
    team.full_clean(exclude=["organization"], validate_unique=False, validate_constraints=False)
    if team.hue not in HUES:
        raise ValidationError({"hue": [_("Choose one of the eight colours.")]})
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as error:
        raise ValidationError({"name": [NAME_TAKEN]}) from error


def _set_members(team: Team, *, member_ids: Collection[int]) -> None:
    known = set(
        Membership.objects.filter(organization_id=required_organization_id(), pk__in=member_ids).values_list(
            "pk", flat=True
        )
    )
    if known != set(member_ids):
        raise ValidationError({"members": [_("Choose people of this organization.")]})
    TeamMember.objects.filter(team=team).exclude(membership_id__in=known).delete()
    there = set(TeamMember.objects.filter(team=team).values_list("membership_id", flat=True))
    TeamMember.objects.bulk_create(TeamMember(team=team, membership_id=pk) for pk in sorted(known - there))


def _member_names(team: Team) -> str:
    places = TeamMember.objects.filter(team=team).select_related("membership__user").order_by("membership_id")
    return ", ".join(str(place.membership) for place in places)
