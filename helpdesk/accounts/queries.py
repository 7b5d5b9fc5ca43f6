"""Reads about people and organizations."""

from __future__ import annotations

from helpdesk.accounts.models import Membership, User


def active_memberships(user: User) -> list[Membership]:
    """Where the user may go, by name of the organization, which is loaded."""
    mine = Membership.objects.filter(user=user, is_active=True)
    return list(mine.select_related("organization").order_by("organization__name", "organization_id"))
