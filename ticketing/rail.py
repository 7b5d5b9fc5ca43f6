"""What tickets put into the rails: the views with their counts, the teams, and the inbound log."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership
from helpdesk.web.navigation import Item, Section
from ticketing.queries import people, tickets

COUNTED_TEAMS = 12


def rail(request: HttpRequest) -> Iterable[Item]:
    """Entries of the open organization; none outside of one."""
    actor: Membership | None = getattr(request, "membership", None)
    if actor is None or not can(actor, Capability.VIEW_TICKETS):
        return []
    return [*(_item(view, actor) for view in tickets.VIEWS), *_team_items(actor), *_log_items(actor)]


def _item(view: tickets.View, actor: Membership) -> Item:
    return Item(
        name=str(view.name),
        url=_url(actor, view.slug),
        section=Section.VIEWS,
        icon=view.icon,
        count=str(tickets.count_in(view, actor=actor) or "") if view.has_count else "",
        key=view.key,
        in_tabbar=view.in_tabbar,
    )


def _team_items(actor: Membership) -> list[Item]:
    views = [(team, tickets.team_view(team)) for team in people.teams()]
    # Each count is a query of its own, so that it can stop at a thousand: not for teams without end.
    has_counts = len(views) <= COUNTED_TEAMS
    return [
        Item(
            name=team.name,
            url=_url(actor, view.slug),
            section=Section.TEAMS,
            hue=team.hue,
            count=str(tickets.count_in(view, actor=actor) or "") if has_counts else "",
        )
        for team, view in views
    ]


def _log_items(actor: Membership) -> list[Item]:
    if not can(actor, Capability.VIEW_INBOUND_LOG):
        return []
    url = reverse("inbound_log", kwargs={"slug": actor.organization.slug})
    return [Item(name=_("Inbound log"), url=url, section=Section.EMAIL, icon="list")]


def _url(actor: Membership, view: str) -> str:
    return reverse("queue", kwargs={"slug": actor.organization.slug, "view": view})
