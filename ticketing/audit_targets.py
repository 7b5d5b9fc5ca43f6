"""The pages of integrations, for the configuration log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.urls import reverse

from helpdesk.accounts.audit_links import register_links
from ticketing.models import Integration


def register() -> None:
    """The log leads to every page of this layer."""
    register_links("integration", _integrations)


def _integrations(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    there = Integration.objects.filter(id__in=ids, deleted_at=None).values_list("id", flat=True)
    return {str(each): reverse("integration", kwargs={"slug": slug, "integration_id": each}) for each in there}
