"""What is suggested on a ticket that a person has called no spam."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import page_or_part, redirect, wants_part
from helpdesk.web.toasts import toast, toast_on_next_page
from ticketing.models import Suggested
from ticketing.queries.suggestions import Suggestion, offer_for
from ticketing.services.history import By
from ticketing.services.suggestions import answer_suggestion
from ticketing.views.ticket import changed_ticket, visible_ticket

# What the parts that a change brings do not show: messages, and whom the composer answers.
_CHANGES_THREAD = frozenset({Suggested.NOTE, Suggested.PARTICIPANT, Suggested.TICKET})


@require_safe
@requires(Capability.WORK_TICKETS)
def suggestions(request: OrganizationRequest, number: int) -> HttpResponse:
    """They are worked out from the original mail, so the ticket's page asks for them when it is there."""
    ticket = visible_ticket(number, request.membership)
    offer = offer_for(ticket)
    context = {"ticket": ticket, "suggestions": offer.suggestions, "others": offer.others}
    return page_or_part(request, "ticketing/suggestions.html", "ticketing/_suggestions.html", context)


@require_POST
@requires(Capability.WORK_TICKETS)
def answered_suggestion(request: OrganizationRequest, number: int, what: str) -> HttpResponse:
    """Applied or dismissed, as `answer` says: its parts anew for htmx, else the ticket, or where its mail went."""
    ticket, is_applied = visible_ticket(number, request.membership), request.POST.get("answer") == "apply"
    try:
        value, by = request.POST.get("value", ""), By(actor=request.membership)
        found = answer_suggestion(ticket, what=what, value=value, is_applied=is_applied, by=by)
        words = (_("Applied: %(what)s") if is_applied else _("Dismissed: %(what)s")) % {"what": _short(found)}
    except DomainError as refused:
        found, words = None, refused.sentence
    shows_anew = found is not None and is_applied and found.what in _CHANGES_THREAD
    if wants_part(request) and not shows_anew:
        return toast(changed_ticket(request, number, said=words), words)
    toast_on_next_page(request, words)
    moved_to = int(found.value) if found and is_applied and found.what == Suggested.TICKET else number
    return redirect(request, "ticket", slug=request.organization.slug, number=moved_to)


def _short(found: Suggestion) -> str:
    return str(found.what.label) if found.what == Suggested.NOTE else found.name
