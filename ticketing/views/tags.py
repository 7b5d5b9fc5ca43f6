"""The organization's tags, for the fields in which one is typed."""

from __future__ import annotations

from django.http import JsonResponse
from django.views.decorators.http import require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from ticketing.models import Tag

MOST_SUGGESTED = 1000


@require_safe
@requires(Capability.WORK_TICKETS)
def tags(_request: OrganizationRequest) -> JsonResponse:
    """Names and hues by name; asked for when a field first has the focus, not with each page."""
    found = Tag.objects.order_by("name").values("name", "hue")[:MOST_SUGGESTED]
    return JsonResponse({"suggestions": list(found)})
