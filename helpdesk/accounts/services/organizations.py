"""Making and changing organizations."""

from __future__ import annotations

from django.db import transaction

from helpdesk.accounts.models import Counters, Organization
from helpdesk.tenancy.scope import organization_scope


def create_organization(*, slug: str, name: str, timezone: str = "UTC") -> Organization:
    """The organization exists, with its data key and its counters.

    Raises ValidationError when the slug is malformed or taken.
    """
    organization = Organization(slug=slug, name=name, timezone=timezone)
    with transaction.atomic():
        organization.full_clean(exclude=["wrapped_data_key"])
        organization.save()
        with organization_scope(organization.id):
            Counters.objects.create()
    return organization
