"""Who works on tickets, what a ticket can be about, and for whom it can be."""

from __future__ import annotations

from helpdesk.accounts.models import Category, Company, Membership, Role, Team
from helpdesk.accounts.queries import companies_to_give
from helpdesk.tenancy.prepared import Prepared
from helpdesk.tenancy.state import required_organization_id

_AGENTS: Prepared[Membership] = Prepared(
    lambda: (
        Membership.objects.filter(organization_id=required_organization_id(), is_active=True)
        .exclude(role=Role.VIEWER)
        .select_related("user")
        .order_by("user__name", "user__email")
    )
)
_TEAMS: Prepared[Team] = Prepared(lambda: Team.objects.order_by("name"))

_CATEGORIES: Prepared[Category] = Prepared(lambda: Category.objects.filter(is_active=True).order_by("path"))
_COMPANIES: Prepared[Company] = Prepared(companies_to_give)


def assignable_agents() -> list[Membership]:
    """Active members who may be given tickets, by name, with their user."""
    return _AGENTS.rows()


def teams() -> list[Team]:
    """The organization's teams by name."""
    return _TEAMS.rows()


def categories() -> list[Category]:
    """What tickets can be given, by path; without those that are retired."""
    return _CATEGORIES.rows()


def companies() -> list[Company]:
    """What tickets can be given, by name; without those that are retired, and none where no companies are served."""
    return _COMPANIES.rows()
