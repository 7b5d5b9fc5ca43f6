"""The page of one ticket, and its preview beside the list."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_safe
from django_htmx.http import reswap, retarget

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership
from helpdesk.web.rendering import as_on_screen
from ticketing.models import ALLOWED_TRANSITIONS, DraftMode, Priority, Status, Ticket, TicketEvent
from ticketing.queries import people, tickets
from ticketing.queries.composer import Composer, composer_of
from ticketing.queries.delivery import delivery_of
from ticketing.queries.fields import fields_of
from ticketing.queries.tag_suggestions import suggested_tags
from ticketing.queries.thread import MessageEntry, history_of, thread_of
from ticketing.services.reading import mark_read


@require_safe
@requires(Capability.VIEW_TICKETS)
def ticket(request: OrganizationRequest, number: int) -> HttpResponse:
    """The whole ticket: conversation, composer, details. Opening it marks it read; a merged one leads on."""
    actor = request.membership
    shown = visible_ticket(number, actor)
    if shown.merged_into is not None:
        return redirect("ticket", slug=request.organization.slug, number=shown.merged_into.number)
    context = ticket_context(request, shown)
    if context["around"].read_up_to < shown.last_position:
        mark_read(shown, reader=actor)
    return render(request, "ticketing/ticket.html", context)


@require_safe
@requires(Capability.VIEW_TICKETS)
def ticket_preview(request: OrganizationRequest, number: int) -> HttpResponse:
    """The conversation alone, for the pane beside the list. Looking at it does not mark it read."""
    shown = visible_ticket(number, request.membership)
    return render(request, "ticketing/_preview.html", reading_context(request, shown))


def ticket_context(request: OrganizationRequest, shown: Ticket, *, composer: Composer | None = None) -> dict[str, Any]:
    """Everything on the page of the ticket. composer: as a refusal left it; else what `?mode=` asks for."""
    actor = request.membership
    history = history_of(shown)
    context = reading_context(request, shown, show_all="all" in request.GET, history=history) | _details(shown, actor)
    if not context["may_work"]:
        return context
    asked = request.GET.get("mode", "")
    mode = DraftMode(asked) if asked in DraftMode.values else DraftMode.REPLY
    composer = composer or composer_of(shown, author=actor, mode=mode, newest=context["thread"].newest)
    return context | {"composer": composer, "is_open": bool(asked)}


def changed_ticket(request: OrganizationRequest, number: int, *, said: str) -> HttpResponse:
    """What a change of the ticket shows: properties, the head, the history and the rail's counts. For htmx alone."""
    shown_request = as_on_screen(request)
    shown = visible_ticket(number, request.membership)
    history = history_of(shown)
    reading = reading_context(shown_request, shown, show_all="all" in shown_request.GET, history=history)
    place = "sheet" if request.POST.get("place") == "sheet" else "side"
    changed = {"said": said, "place": place, "other": "side" if place == "sheet" else "sheet"}
    context = {**reading, **_details(shown, request.membership), **changed, "is_part": True}
    names = ("ticketing/_properties.html", "ticketing/_ticket_news.html", "_rail_news.html")
    return HttpResponse("".join(render_to_string(name, context, shown_request) for name in names))


def ticket_on_screen(request: OrganizationRequest, *, said: str) -> HttpResponse | None:
    """`changed_ticket` of the ticket that the person looks at; None when htmx does not stand on one."""
    try:
        place = resolve(as_on_screen(request).path)
    except Resolver404:
        return None
    if place.url_name != "ticket" or place.kwargs["slug"] != request.organization.slug:
        return None
    answer = changed_ticket(request, place.kwargs["number"], said=said)
    return reswap(retarget(answer, "#properties-side"), "outerHTML")


def visible_ticket(number: int, actor: Membership) -> Ticket:
    """The ticket with this number, for who may see it. Raises Http404."""
    found = tickets.ticket_numbered(number, actor=actor)
    if found is None:
        raise Http404
    return found


def reading_context(
    request: OrganizationRequest, shown: Ticket, *, show_all: bool = False, history: list[TicketEvent] | None = None
) -> dict[str, Any]:
    """What the conversation needs, on the page and in the preview."""
    actor = request.membership
    view = tickets.view_named(request.GET.get("view", "")) or tickets.VIEWS[0]
    around = tickets.surroundings(shown, view=view, actor=actor)
    thread = thread_of(shown, read_up_to=around.read_up_to, show_all=show_all, history=history)
    return {
        "ticket": shown,
        "history": history,
        "around": around,
        "thread": thread,
        "deliveries": delivery_of(entry.message for entry in thread.entries if isinstance(entry, MessageEntry)),
        "view": view,
        "may_work": can(actor, Capability.WORK_TICKETS),
        "may_see_log": can(actor, Capability.VIEW_INBOUND_LOG),
        "may_fetch": can(actor, Capability.MANAGE_CHANNELS),
    }


def _details(shown: Ticket, actor: Membership) -> dict[str, Any]:
    tags, may_work = tickets.tags_of(shown), can(actor, Capability.WORK_TICKETS)
    return {
        "tags": tags,
        "suggested_tags": suggested_tags(shown, has=tags) if may_work else [],
        "agents": people.assignable_agents(),
        "teams": people.teams(),
        "categories": people.categories(),
        "custom_fields": fields_of(shown),
        "companies": people.companies() if actor.organization.serves_companies else [],
        "statuses": [(s.value, s.label) for s in Status if s in ALLOWED_TRANSITIONS[shown.status]],
        "priorities": [(p.value, p.label) for p in Priority],
        "others": tickets.other_tickets(shown, actor=actor),
        "linked": tickets.linked_tickets(shown, actor=actor),
    }
