"""The list of tickets in a view, with search and paging."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_htmx.http import reswap, retarget

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability, can
from helpdesk.lib import clock
from helpdesk.web.rendering import as_on_screen, page_or_part
from ticketing.models import Status, Ticket
from ticketing.queries import people, tickets
from ticketing.queries.bulk_changes import running_ids, shown_bulk_changes
from ticketing.queries.fields import shown_in_lists, ticket_fields
from ticketing.queries.search import page_found

DEFAULT_VIEW = tickets.VIEWS[0].slug
SPAM_STATUS = "spam"


@dataclass(frozen=True)
class Group:
    """Rows under one heading."""

    name: str
    rows: list[Ticket]


@require_safe
@requires(Capability.VIEW_TICKETS)
def home(request: OrganizationRequest) -> HttpResponse:
    """To the view an agent's day begins with."""
    return redirect("queue", slug=request.organization.slug, view=DEFAULT_VIEW)


@require_safe
@requires(Capability.VIEW_TICKETS)
def queue(request: OrganizationRequest, view: str) -> HttpResponse:
    """A page of the view's tickets, or those of them that match `?q=`."""
    shown = tickets.view_named(view)
    if shown is None:
        raise Http404
    also = ("ticketing/_list_news.html",)
    return page_or_part(request, "ticketing/queue.html", "ticketing/_list.html", _context(request, shown), also=also)


def list_on_screen(request: OrganizationRequest, *, also: Sequence[str] = ()) -> HttpResponse | None:
    """The list that the person looks at as it is now, with its counts; None when htmx does not stand on one.

    also: more parts out of band.
    """
    shown_request = as_on_screen(request)
    try:
        place = resolve(shown_request.path)
    except Resolver404:
        return None
    view = tickets.view_named(place.kwargs.get("view", ""))
    if place.url_name != "queue" or place.kwargs["slug"] != request.organization.slug or view is None:
        return None
    also = ("ticketing/_list_news.html", "_rail_news.html", *also)
    context = _context(shown_request, view)
    response = page_or_part(shown_request, "ticketing/queue.html", "ticketing/_list.html", context, also=also)
    return reswap(retarget(response, "#list"), "innerHTML")


def _context(request: OrganizationRequest, shown: tickets.View) -> dict[str, Any]:
    words = request.GET.get("q", "").strip()
    actor = request.membership
    cursor = request.GET.get("cursor", "")
    if words:
        page = page_found(words, view=shown, actor=actor, cursor=cursor)
    else:
        page = tickets.page_of(shown, actor=actor, cursor=cursor)
    fields = ticket_fields()
    shown_in_lists(page.rows, fields)
    changes = shown_bulk_changes(actor) if can(actor, Capability.WORK_TICKETS) else []
    return {
        "bulk_changes": changes,
        "running_ids": running_ids(changes),
        "view": shown,
        "words": words,
        "page": page,
        "groups": _by_day(page.rows),
        "count": None if words or not shown.has_count else tickets.count_in(shown, actor=actor),
        "may_work": can(actor, Capability.WORK_TICKETS),
        "has_fields": any(field.is_active for field in fields),
        "agents": people.assignable_agents(),
        "categories": people.categories(),
        "companies": people.companies() if request.organization.serves_companies else [],
        "statuses": [(status.value, status.label) for status in Status if status != Status.NEW],
    }


def _by_day(rows: list[Ticket]) -> list[Group]:
    today = timezone.localtime(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    return [Group(name, list(group)) for name, group in groupby(rows, key=lambda row: _day(row.active_at, today))]


def _day(moment: datetime, today: datetime) -> str:
    if moment >= today:
        return _("Today")
    if moment >= today - timedelta(days=1):
        return _("Yesterday")
    return _("In the last 7 days") if moment >= today - timedelta(days=7) else _("Older")
