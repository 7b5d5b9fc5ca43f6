"""What every template of a page can use. Queries nothing."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from helpdesk.web.request_ids import current_request_id
from helpdesk.web.viewer import viewer_of


def shell(request: HttpRequest) -> dict[str, Any]:
    """`viewer`, `request_id`, `organization` and `membership` (None outside of one)."""
    return {
        "viewer": viewer_of(request),
        "request_id": current_request_id(),
        "organization": getattr(request, "organization", None),
        "membership": getattr(request, "membership", None),
    }
