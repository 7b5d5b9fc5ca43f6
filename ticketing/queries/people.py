"""Who works on tickets."""

from __future__ import annotations

from helpdesk.accounts.models import Membership, Role, Team
from helpdesk.tenancy.state import required_organization_id


def assignable_agents() -> list[Membership]:
    """Active members who may be given tickets, by name, with their user."""
    members = Membership.objects.filter(organization_id=required_organization_id(), is_active=True)
    return list(members.exclude(role=Role.VIEWER).select_related("user").order_by("user__name", "user__email"))


def teams() -> list[Team]:
    """The organization's teams by name."""
    return list(Team.objects.order_by("name"))
