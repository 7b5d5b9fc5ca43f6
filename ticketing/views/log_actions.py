"""What people do with single messages of the inbound log."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability, can
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from ticketing.services.log_actions import ACTIONS, LogAction
from ticketing.views.inbound_log import entry_or_404


@require_POST
@requires(Capability.VIEW_INBOUND_LOG)
def act_on_entry(request: OrganizationRequest, entry_id: int, what: str) -> HttpResponse:
    """It is done to the message, or a toast says why not; back to its details, filters kept."""
    entry, action = entry_or_404(entry_id), action_or_404(request, what)
    try:
        said, tone = action.run(entry, request.membership, request.POST.get("value", "")), "ok"
    except DomainError as refused:
        said, tone = refused.sentence, "bad"
    toast_on_next_page(request, said, tone="bad" if tone == "bad" else "ok")
    address = reverse("inbound_log_entry", kwargs={"slug": request.organization.slug, "entry_id": entry.pk})
    query = request.META.get("QUERY_STRING", "")
    return redirect(request, f"{address}?{query}" if query else address)


def action_or_404(request: OrganizationRequest, what: str) -> LogAction:
    """The action for who may do it. Raises Http404, PermissionDenied."""
    action = ACTIONS.get(what)
    if action is None:
        raise Http404
    if not can(request.membership, action.capability):
        raise PermissionDenied
    return action
