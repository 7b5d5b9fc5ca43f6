"""Times appear in the viewer's zone, and pages in the theme and density of their profile."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from helpdesk.web.viewer import ANONYMOUS, Viewer


class ViewerMiddleware:
    """Sets `request.viewer` and activates the zone: the person's, else the organization's, else TIME_ZONE."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        is_known = user.is_authenticated
        request.viewer = _viewer(user) if is_known else ANONYMOUS  # type: ignore[attr-defined]  # read by viewer_of
        organization = getattr(request, "organization", None)
        names = (getattr(user, "timezone", "") if is_known else "", getattr(organization, "timezone", ""))
        zone = next((zone for name in names if (zone := zone_named(name))), None)
        with timezone.override(zone or timezone.get_default_timezone()):
            return self.get_response(request)


def zone_named(name: str) -> ZoneInfo | None:
    """The zone with this IANA name; None for an empty or unknown one."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # OSError: the name of a folder ("Europe") or one too long for a file.
        return None


def _viewer(user: object) -> Viewer:
    return Viewer(
        theme=getattr(user, "theme", ""),
        density=getattr(user, "density", ""),
        single_keys=getattr(user, "single_keys", True),
    )
