"""Reads about people and organizations. All but the first work inside the organization's scope."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.db.models import Count, Prefetch, Q, QuerySet
from django.db.models.functions import Cast

from helpdesk.accounts.audit_filter import AuditFilter
from helpdesk.accounts.models import (
    CATEGORY_PARTING,
    AuditEntry,
    Category,
    Company,
    Invitation,
    Membership,
    Team,
    TeamMember,
    User,
)
from helpdesk.tenancy.prepared import Prepared
from helpdesk.tenancy.state import required_organization_id
from helpdesk.web.counts import BoundedCount, bounded_count

_ACTIVE: Prepared[Membership] = Prepared(
    lambda user_id: (
        Membership.objects.filter(user_id=user_id, is_active=True)
        .select_related("organization")
        .order_by("organization__name", "organization_id")
    ),
    is_scoped=False,
)


def active_memberships(user: User) -> list[Membership]:
    """Where the user may go, by name of the organization, which is loaded."""
    return _ACTIVE.rows(user_id=user.pk)


def members(search: str = "") -> QuerySet[Membership]:
    """Everybody who is or was a member, with user and teams; only whose name or address holds the text, if given."""
    places = Prefetch("places", TeamMember.objects.select_related("team").order_by("team__name"))
    found = Membership.objects.filter(organization_id=required_organization_id())
    if search:
        found = found.filter(Q(user__name__icontains=search) | Q(user__email__icontains=search))
    return found.select_related("user").prefetch_related(places)


def open_invitations() -> list[Invitation]:
    """Invitations that were neither accepted nor taken back, newest first, with who sent them; expired ones too."""
    waiting = Invitation.objects.filter(accepted_at=None, revoked_at=None)
    return list(waiting.select_related("invited_by__user").order_by("-created_at")[:200])


def member_choices(*, with_former: bool = False) -> list[tuple[int, str]]:
    """(id, name) of the active members, by name; also of those who were switched off, if asked for."""
    found = Membership.objects.filter(organization_id=required_organization_id())
    if not with_former:
        found = found.filter(is_active=True)
    return [(member.pk, str(member)) for member in found.select_related("user").order_by("user__name", "user__email")]


def categories() -> list[Category]:
    """All categories, retired ones too, each behind the one it stands below."""
    return sorted(Category.objects.all(), key=lambda each: each.path.casefold().split(CATEGORY_PARTING))


def companies() -> list[Company]:
    """All companies by name, retired ones too."""
    return sorted(Company.objects.all(), key=lambda each: each.name.casefold())


def companies_to_give() -> QuerySet[Company]:
    """Those that tickets can get, by name; none where the organization does not serve several."""
    found: QuerySet[Company] = Company.objects.filter(is_active=True, organization__serves_companies=True)
    return found.order_by("name")


def teams() -> list[Team]:
    """The teams by name, each with `size`: its active members."""
    active = Count("places", filter=Q(places__membership__is_active=True))
    return list(Team.objects.annotate(size=active).order_by("name"))


@dataclass(frozen=True)
class Use:
    """Rows of one kind that refer to something."""

    name: str  # translated, plural
    count: BoundedCount


def uses_of(team: Team) -> list[Use]:
    """What refers to the team and stays, without a team, when it is deleted; kinds without a row are left out."""
    kept = [
        relation
        for relation in Team._meta.related_objects
        if relation.on_delete is models.SET_NULL and isinstance(relation.field, models.ForeignKey)
    ]
    uses = [
        Use(
            name=str(relation.related_model._meta.verbose_name_plural),
            count=bounded_count(relation.related_model._default_manager.filter(**{relation.field.name: team})),
        )
        for relation in kept
    ]
    return [use for use in uses if use.count]


def audit_entries(asked: AuditFilter) -> QuerySet[AuditEntry]:
    """What was changed, with who did it, as far as it was asked for."""
    entries = AuditEntry.objects.select_related("actor__user")
    if asked.member_id is not None:
        entries = entries.filter(actor_id=asked.member_id)
    if asked.origin:
        entries = entries.filter(actor_id=None, origin=asked.origin)
    if asked.area:
        entries = entries.filter(action__startswith=f"{asked.area}.")
    if asked.text:
        told = entries.annotate(told=Cast("changes", models.TextField()))
        entries = told.filter(Q(target_label__icontains=asked.text) | Q(told__icontains=asked.text))
    if asked.since is not None:
        entries = entries.filter(at__gte=asked.since)
    if asked.before is not None:
        entries = entries.filter(at__lt=asked.before)
    return entries
