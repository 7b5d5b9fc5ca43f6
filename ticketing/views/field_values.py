"""Giving a ticket a value of a custom field, on its page."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.web.rendering import wants_part
from helpdesk.web.toasts import toast
from ticketing.fields.reading import read_typed
from ticketing.fields.values import field_of, shown
from ticketing.models import Ticket
from ticketing.queries.fields import field_keyed
from ticketing.services.field_values import set_field
from ticketing.services.history import By
from ticketing.views.properties import back_with_toast, refusal_of, undo_of
from ticketing.views.ticket import changed_ticket, visible_ticket


@require_POST
@requires(Capability.WORK_TICKETS)
def field_value(request: OrganizationRequest, number: int, key: str) -> HttpResponse:
    """The ticket has the posted `value` (repeated for several words) in this field; empty takes it off."""
    ticket, row = visible_ticket(number, request.membership), field_keyed(key)
    if row is None:
        raise Http404
    field, by = field_of(row), By(actor=request.membership)
    changed: list[Ticket] = []

    def give() -> None:
        value = read_typed(field, request.POST.getlist("value"))
        changed.extend(set_field([ticket], field=field, value=value, by=by))

    refusal = refusal_of(request, give)
    if refusal is not None:
        return refusal
    after = shown(field.kind, changed[0].fields.get(key)) if changed else ""
    words = f"{field.label}: {after or _('Not set')}" if changed else _("Nothing to change. It was so already.")
    if not wants_part(request):
        return back_with_toast(request, words)
    return toast(changed_ticket(request, number, said=words), words, action=undo_of(request, changed))
