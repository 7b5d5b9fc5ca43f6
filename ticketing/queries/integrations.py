"""The integrations of an organization, for their pages. Inside its scope."""

from __future__ import annotations

from django.db.models import Count, F, Q

from helpdesk.lib import clock
from ticketing.models import Integration, IntegrationToken


def integrations() -> list[Integration]:
    """Those that are there by name, each with who made it and `token_count`: its tokens that are good."""
    moment = clock.now()
    good = Q(tokens__revoked_at=None) & (Q(tokens__expires_at=None) | Q(tokens__expires_at__gt=moment))
    there = Integration.objects.filter(deleted_at=None).annotate(token_count=Count("tokens", filter=good))
    return list(there.select_related("created_by__user").order_by("name", "id"))


def integration_of(integration_id: int) -> Integration | None:
    """The integration if it is there, with who made it."""
    there = Integration.objects.filter(deleted_at=None).select_related("created_by__user")
    found: Integration | None = there.filter(pk=integration_id).first()
    return found


def tokens_of(integration: Integration, *, limit: int = 100) -> list[IntegrationToken]:
    """Its tokens with who made them, those that are good first, then the newest."""
    tokens = IntegrationToken.objects.filter(integration=integration).select_related("created_by__user")
    return list(tokens.order_by(F("revoked_at").desc(nulls_first=True), "-id")[:limit])


def token_of(integration: Integration, *, token_id: int) -> IntegrationToken | None:
    """One of its tokens that are not revoked."""
    tokens = IntegrationToken.objects.filter(integration=integration, revoked_at=None)
    found: IntegrationToken | None = tokens.select_related("integration").filter(pk=token_id).first()
    return found
