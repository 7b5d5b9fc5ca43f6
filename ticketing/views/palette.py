"""What the command palette finds: tickets by number or words, and people who wrote."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.accounts.models import Membership
from ticketing.models import Ticket
from ticketing.queries.search import find_tickets
from ticketing.queries.tickets import LIST_ORDER, visible_tickets

SHOWN = 8


def address(request: HttpRequest) -> str:
    """Where the palette of this page asks; empty outside an organization."""
    actor: Membership | None = getattr(request, "membership", None)
    return reverse("palette", kwargs={"slug": actor.organization.slug}) if actor else ""


@require_safe
@requires(Capability.VIEW_TICKETS)
def palette(request: OrganizationRequest) -> HttpResponse:
    """The newest tickets that match `?q=`, as options."""
    words = request.GET.get("q", "").strip()
    found: list[Ticket] = []
    if words:
        found = list(find_tickets(words, among=visible_tickets(request.membership)).order_by(*LIST_ORDER)[:SHOWN])
    return render(request, "ticketing/_palette.html", {"tickets": found, "words": words})
