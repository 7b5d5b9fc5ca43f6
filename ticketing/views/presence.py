"""Who else is on the ticket, and whether something new was said; asked every eight seconds by an open page."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.web.rendering import page_or_part
from ticketing.queries.unseen import count_unseen
from ticketing.services.presence import note_absence, note_presence, others_on
from ticketing.views.composer import whole_number, writable_ticket


@require_POST
@requires(Capability.WORK_TICKETS)
def presence(request: OrganizationRequest, number: int) -> HttpResponse:
    """The person is here, perhaps writing (`writing`), or has left (`leaving`); gives who else is, and what is new."""
    ticket = writable_ticket(request, number)
    if "leaving" in request.POST:
        note_absence(ticket, member=request.membership)
        return HttpResponse(status=204)
    note_presence(ticket, member=request.membership, is_writing=request.POST.get("writing") == "yes")
    position = whole_number(request.POST.get("seen_position", "")) or ticket.last_position
    context = {
        "ticket": ticket,
        "others": others_on(ticket, member=request.membership),
        "new_messages": count_unseen(ticket, seen_position=position),
    }
    return page_or_part(request, "ticketing/_presence.html", "ticketing/_presence.html", context)
