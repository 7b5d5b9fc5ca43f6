"""What the rail of the settings shows of people and organization: each member what their role lets them open."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership
from helpdesk.web.navigation import Item, Section


def settings_items(request: HttpRequest) -> Iterator[Item]:
    """The entries for the member who looks; none outside an organization."""
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None:
        return
    slug = membership.organization.slug

    def item(name: str, view: str, icon: str, *, section: Section = Section.WORKSPACE) -> Item:
        return Item(name=name, url=reverse(view, args=[slug]), section=section, icon=icon)

    if can(membership, Capability.MANAGE_TEAMS):
        yield item(_("Teams"), "settings_teams", "users", section=Section.TICKETS)
        yield item(_("Business hours"), "settings_hours", "clock", section=Section.TICKETS)
        yield item(_("Categories"), "settings_categories", "folder", section=Section.TICKETS)
        if membership.organization.serves_companies:
            yield item(_("Companies"), "settings_companies", "building", section=Section.TICKETS)
    if can(membership, Capability.MANAGE_PEOPLE):
        yield item(_("People"), "settings_people", "user")
    yield item(_("Roles"), "settings_roles", "key")
    if can(membership, Capability.MANAGE_ORGANIZATION):
        yield item(_("Organization"), "settings_organization", "building")
    if can(membership, Capability.VIEW_AUDIT):
        yield item(_("Configuration log"), "settings_audit", "history")
    yield item(_("Your profile"), "settings_profile", "sliders")
