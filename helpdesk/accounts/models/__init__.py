"""Users, organizations, and how they belong together."""

from helpdesk.accounts.models.business_hours import BusinessHours
from helpdesk.accounts.models.category import CATEGORY_PARTING, MAX_CATEGORY_LEVELS, Category
from helpdesk.accounts.models.company import Company
from helpdesk.accounts.models.membership import AuditEntry, Invitation, Membership, Role, Team, TeamMember
from helpdesk.accounts.models.organization import (
    MAX_POLL_INTERVAL_S,
    MIN_POLL_INTERVAL_S,
    SLUG_PATTERN,
    Counters,
    OldSlug,
    Organization,
    validate_slug,
)
from helpdesk.accounts.models.user import Density, Theme, User

__all__ = [
    "CATEGORY_PARTING",
    "MAX_CATEGORY_LEVELS",
    "MAX_POLL_INTERVAL_S",
    "MIN_POLL_INTERVAL_S",
    "SLUG_PATTERN",
    "AuditEntry",
    "BusinessHours",
    "Category",
    "Company",
    "Counters",
    "Density",
    "Invitation",
    "Membership",
    "OldSlug",
    "Organization",
    "Role",
    "Team",
    "TeamMember",
    "Theme",
    "User",
    "validate_slug",
]
