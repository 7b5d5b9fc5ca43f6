"""Users, organizations and memberships for tests."""

from __future__ import annotations

from functools import cache
from itertools import count

from django.contrib.auth.hashers import make_password

from helpdesk.accounts.models import Membership, Organization, Role, User

_numbers = count(1)
PASSWORD = "correct horse battery"


def make_organization(slug: str = "") -> Organization:
    """An organization with its counters, as the product makes one."""
    from helpdesk.accounts.services.organizations import create_organization

    number = next(_numbers)
    return create_organization(slug=slug or f"org{number}", name=(slug or f"org{number}").title())


def make_member(organization: Organization, *, role: Role = Role.AGENT, email: str = "", name: str = "") -> Membership:
    """A user who is a member; signs in with PASSWORD."""
    number = next(_numbers)
    email = email or f"person{number}@example.test"
    user = User.objects.create(email=email, name=name or f"Person {number}", password=_hashed_password())
    return Membership.objects.create(organization=organization, user=user, role=role)


@cache
def _hashed_password() -> str:
    """Hashing takes a second on purpose; once is enough for all people of a test run."""
    return make_password(PASSWORD)
