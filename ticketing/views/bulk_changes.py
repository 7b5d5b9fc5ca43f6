"""Changing all tickets of a view: how many they are, how far the worker is, stopping it, and taking it back."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.counts import bounded_count
from helpdesk.web.rendering import as_on_screen, redirect, wants_part
from helpdesk.web.toasts import toast, toast_on_next_page
from ticketing.models import BulkChange
from ticketing.queries.bulk_changes import running_ids, shown_bulk_changes
from ticketing.queries.fields import options_of, typed_fields
from ticketing.queries.search import find_tickets
from ticketing.queries.tickets import tickets_of, view_named
from ticketing.services.bulk_changes import (
    dismiss_bulk_change,
    start_undoing,
    start_with_left,
    stop_bulk_change,
)


@require_safe
@requires(Capability.WORK_TICKETS)
def rest(request: OrganizationRequest, view: str) -> HttpResponse:
    """The line that offers everything the list goes on with, beside what is picked on the page. For htmx alone."""
    shown = view_named(view)
    if shown is None:
        raise Http404
    words = request.GET.get("q", "").strip()
    among = tickets_of(shown, actor=request.membership)
    count = bounded_count(find_tickets(words, among=among) if words else among)
    return render(request, "ticketing/_pick_rest.html", {"view": shown, "words": words, "count": count})


@require_safe
@requires(Capability.WORK_TICKETS)
def bulk_fields(request: OrganizationRequest) -> HttpResponse:
    """The fields that several tickets can get, with their choices, for the form of the picked ones. For htmx alone."""
    offered = [(field, options_of(field)) for field in typed_fields()]
    return render(request, "ticketing/_bulk_fields.html", {"fields": offered})


@require_safe
@requires(Capability.WORK_TICKETS)
def bulk_changes(request: OrganizationRequest) -> HttpResponse:
    """How far the person's changes are; asks again by itself while one runs. `running`: what ran when it was asked."""
    asked = {text for text in request.GET.getlist("running") if text.isdecimal()}
    return _part(request, ended=asked)


@require_POST
@requires(Capability.WORK_TICKETS)
def stopped_bulk_change(request: OrganizationRequest, change_id: int) -> HttpResponse:
    """The change goes no further."""
    change = _own_or_404(request, change_id)
    stop_bulk_change(change, actor=request.membership)
    return _answer(request, ended={str(change.pk)})


@require_POST
@requires(Capability.WORK_TICKETS)
def continued_bulk_change(request: OrganizationRequest, change_id: int) -> HttpResponse:
    """The tickets that others changed meanwhile get the change, too."""
    change = _own_or_404(request, change_id)
    try:
        start_with_left(change, actor=request.membership)
    except DomainError as refused:
        return _refused(request, refused)
    return _answer(request)


@require_POST
@requires(Capability.WORK_TICKETS)
def undone_bulk_change(request: OrganizationRequest, change_id: int) -> HttpResponse:
    """A worker takes the change back, where nobody has decided since."""
    change = _own_or_404(request, change_id)
    try:
        start_undoing(change, actor=request.membership)
    except DomainError as refused:
        return _refused(request, refused)
    return _answer(request)


@require_POST
@requires(Capability.WORK_TICKETS)
def dismissed_bulk_change(request: OrganizationRequest, change_id: int) -> HttpResponse:
    """The ended change is not shown any more."""
    dismiss_bulk_change(_own_or_404(request, change_id), actor=request.membership)
    return _answer(request)


def _own_or_404(request: OrganizationRequest, change_id: int) -> BulkChange:
    change: BulkChange | None = BulkChange.objects.filter(pk=change_id, membership=request.membership).first()
    if change is None:
        raise Http404
    return change


def _refused(request: OrganizationRequest, refused: DomainError) -> HttpResponse:
    if wants_part(request):
        return toast(HttpResponse(status=204), refused.sentence, tone="bad")
    toast_on_next_page(request, refused.sentence, tone="bad")
    return _answer(request)


def _answer(request: OrganizationRequest, *, ended: set[str] | None = None) -> HttpResponse:
    if wants_part(request):
        return _part(request, ended=ended or set())
    return redirect(request, "organization_home", slug=request.organization.slug)


def _part(request: OrganizationRequest, *, ended: set[str]) -> HttpResponse:
    """The changes; if one of `ended` runs no more, the list on screen is asked for anew."""
    changes = shown_bulk_changes(request.membership)
    is_over = bool(ended - set(running_ids(changes)))
    screen = as_on_screen(request)
    address = f"{screen.path}?{screen.GET.urlencode()}" if is_over else ""
    context = {"bulk_changes": changes, "running_ids": running_ids(changes), "list_address": address}
    return render(request, "ticketing/_bulk_changes.html", context | {"is_part": True, "is_over": is_over})
