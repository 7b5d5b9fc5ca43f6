"""What the rails show, put together once for each request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.context import Context
from django.urls import NoReverseMatch, reverse

from helpdesk.accounts.models import Organization
from helpdesk.accounts.queries import active_memberships
from helpdesk.web.navigation import SETTINGS_SECTIONS, Section, palette_url, rail_items


@dataclass(frozen=True)
class Workspace:
    """An organization in the switcher."""

    name: str
    seed: int  # of its avatar's hue
    url: str
    is_current: bool


def rail_context(context: Context) -> dict[str, Any]:
    """Context of _rail.html, _rail_settings.html and _tabbar.html; the same object for all three of one page."""
    request: HttpRequest | None = context.get("request")
    if request is None:
        return {}
    ready: dict[str, Any] | None = getattr(request, "_rail_context", None)
    if ready is None:
        ready = _rail_context(request)
        request._rail_context = ready  # type: ignore[attr-defined]  # ours: one page draws up to three rails
    return {**ready, "csrf_token": context.get("csrf_token", ""), "viewer": context.get("viewer")}


def _rail_context(request: HttpRequest) -> dict[str, Any]:
    sections = rail_items(request)
    settings_groups = [(title, sections[section]) for section, title in SETTINGS_SECTIONS.items() if sections[section]]
    return {
        "sections": {section.value: items for section, items in sections.items()},
        "settings_groups": settings_groups,
        "settings_url": settings_groups[0][1][0].url if settings_groups else "",
        "is_settings": any(item.active for _, items in settings_groups for item in items),
        "compose": next(iter(sections[Section.COMPOSE]), None),
        "tabs": [item for items in sections.values() for item in items if item.in_tabbar][:4],
        "workspaces": _workspaces(request),
        "membership": getattr(request, "membership", None),
        "organization": getattr(request, "organization", None),
        "home_url": _home_url(request),
        "palette_url": palette_url(request),
        "profile_url": _url("profile"),
        "user": request.user,
    }


def _workspaces(request: HttpRequest) -> list[Workspace]:
    """The organizations the person may switch to, by name. One query."""
    if not request.user.is_authenticated:
        return []
    return [_workspace(request, each.organization) for each in active_memberships(request.user)]


def _workspace(request: HttpRequest, organization: Organization) -> Workspace:
    is_current = getattr(request, "organization", None) == organization
    return Workspace(name=organization.name, seed=organization.pk, url=_url_of(organization), is_current=is_current)


def _home_url(request: HttpRequest) -> str:
    organization = getattr(request, "organization", None)
    return _url_of(organization) if organization is not None else "/"


def _url_of(organization: Organization) -> str:
    return f"/o/{organization.slug}/"


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
