"""What tickets put into the rails: views with their counts, teams, contacts, the inbound log and the integrations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership, Team
from helpdesk.web.counts import BoundedCount
from helpdesk.web.navigation import Item, Section
from mailboxes.models import Outcome
from ticketing.queries import people, tickets
from ticketing.queries.waiting import waiting_counts

COUNTED_TEAMS = 12


def rail(request: HttpRequest) -> Iterable[Item]:
    """Entries of the open organization; none outside of one."""
    actor: Membership | None = getattr(request, "membership", None)
    if actor is None or not can(actor, Capability.VIEW_TICKETS):
        return []
    teams = people.teams()
    # Each count may scan a thousand rows: not for teams without end.
    counted_teams = teams if len(teams) <= COUNTED_TEAMS else []
    counted = [view for view in tickets.VIEWS if view.has_count]
    counts = tickets.counts_in(counted, actor=actor, teams=counted_teams)
    slugs = [view.slug for view in (*counted, *map(tickets.team_view, counted_teams))]
    words = {slug: str(count or "") for slug, count in zip(slugs, counts, strict=True)}
    views = [_item(view, actor, words) for view in tickets.VIEWS]
    items = [*views, *(_team_item(team, actor, words) for team in teams)]
    contacts = reverse("contacts", args=[actor.organization.slug])
    items.append(Item(name=_("Contacts"), url=contacts, section=Section.FOOT, icon="user", key="G C"))
    return [*_marked(items, _view_behind(request, actor)), *_log_items(actor), *_settings_items(actor)]


def _marked(items: list[Item], address: str) -> list[Item]:
    """On a ticket's page the view it was opened from is the current one; elsewhere the address decides."""
    return [replace(item, active=True) if address and item.url == address else item for item in items]


def _view_behind(request: HttpRequest, actor: Membership) -> str:
    """The address of the view from which a ticket was opened; empty on pages that show no ticket."""
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return ""
    if match.url_name != "ticket":
        return ""
    return _url(actor, _asked_view(request))


def _item(view: tickets.View, actor: Membership, counts: Mapping[str, str]) -> Item:
    return Item(
        name=str(view.name),
        url=_url(actor, view.slug),
        section=Section.VIEWS,
        icon=view.icon,
        count=counts.get(view.slug, ""),
        key=view.key,
        in_tabbar=view.in_tabbar,
    )


def _team_item(team: Team, actor: Membership, counts: Mapping[str, str]) -> Item:
    slug = tickets.team_view(team).slug
    return Item(name=team.name, url=_url(actor, slug), section=Section.TEAMS, hue=team.hue, count=counts.get(slug, ""))


def _log_items(actor: Membership) -> list[Item]:
    """The log, in the settings always; in the main rail only while mail waits for this person."""
    if not can(actor, Capability.VIEW_INBOUND_LOG):
        return []
    item = Item(name=_("Inbound log"), url=_log(actor), section=Section.EMAIL, icon="list")
    held, failed = waiting_counts(actor)
    waiting = BoundedCount(min(held.number + failed.number, held.limit))
    if not waiting:
        return [item]
    url = f"{_log(actor)}?outcome={(Outcome.HELD if held else Outcome.FAILED).value}"
    waits = replace(item, url=url, count=str(waiting), tone="bad")
    return [replace(waits, section=Section.FOOT), waits]


def _log(actor: Membership) -> str:
    return reverse("inbound_log", args=[actor.organization.slug])


def _settings_items(actor: Membership) -> Iterator[Item]:
    slug = actor.organization.slug
    if can(actor, Capability.MANAGE_CHANNELS):
        yield Item(name=_("Filters"), url=reverse("filters", args=[slug]), section=Section.EMAIL, icon="filter")
        writers = reverse("all_writers", args=[slug])
        yield Item(name=_("Who may write"), url=writers, section=Section.EMAIL, icon="user")
        answers = reverse("automatic_answers", args=[slug])
        yield Item(name=_("Automatic answers"), url=answers, section=Section.EMAIL, icon="reply")
        canned = reverse("canned_replies", args=[slug])
        yield Item(name=_("Canned replies"), url=canned, section=Section.TICKETS, icon="copy")
        groups = reverse("contact_groups", args=[slug])
        yield Item(name=_("Contact groups"), url=groups, section=Section.TICKETS, icon="users")
        automatic = reverse("automatic_mail", args=[slug])
        yield Item(name=_("Automatic mail"), url=automatic, section=Section.EMAIL, icon="bolt")
        keeping = reverse("keeping_mail", args=[slug])
        yield Item(name=_("Keeping mail"), url=keeping, section=Section.EMAIL, icon="archive")
        yield Item(name=_("Fields"), url=reverse("fields", args=[slug]), section=Section.TICKETS, icon="edit")
        protection = reverse("loops", args=[slug])
        yield Item(name=_("Loop protection"), url=protection, section=Section.EMAIL, icon="loop")
        incoming = reverse("mail_policy", args=[slug])
        yield Item(name=_("Incoming mail"), url=incoming, section=Section.EMAIL, icon="inbox")
        bench = reverse("bench", args=[slug])
        yield Item(name=_("Parser bench"), url=bench, section=Section.EMAIL, icon="play")
        rules = reverse("rules", args=[slug])
        yield Item(name=_("Rules"), url=rules, section=Section.TICKETS, icon="route")
        yield Item(name=_("Tags"), url=reverse("tag_settings", args=[slug]), section=Section.TICKETS, icon="tag")
    if can(actor, Capability.MANAGE_INTEGRATIONS):
        url = reverse("integrations", args=[slug])
        yield Item(name=_("Integrations"), url=url, section=Section.WORKSPACE, icon="plug")


def _url(actor: Membership, view: str) -> str:
    return reverse("queue", kwargs={"slug": actor.organization.slug, "view": view})


def _asked_view(request: HttpRequest) -> str:
    asked = request.GET.get("view", "")
    is_view = any(asked == view.slug for view in (*tickets.VIEWS, tickets.ALL)) or asked.startswith("team-")
    return asked if is_view else tickets.VIEWS[0].slug
