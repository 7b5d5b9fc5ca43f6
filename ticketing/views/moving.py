"""A message that stands in the wrong ticket: split off, or moved to another one."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from ticketing.order_words import left_spam
from ticketing.services.history import By
from ticketing.services.log_actions import ticket_named
from ticketing.services.moving import move_message, split_off
from ticketing.views.messages import message_or_404


@require_POST
@requires(Capability.WORK_TICKETS)
def split_message(request: OrganizationRequest, number: int, message_id: int) -> HttpResponse:
    """The message is a ticket of its own, which is shown; or a toast says why not."""
    former, message = message_or_404(request, number, message_id)
    try:
        made = split_off(message, by=By(actor=request.membership))
    except DomainError as refused:
        return _stay(request, number, refused)
    said = _("Split off as #%(number)s. What answers this message goes here, never to #%(former)s again.")
    said %= {"number": made.number, "former": number}
    toast_on_next_page(request, f"{said} {left_spam()}" if former.is_spam else said)
    return redirect(request, "ticket", slug=request.organization.slug, number=made.number)


@require_POST
@requires(Capability.WORK_TICKETS)
def moved_message(request: OrganizationRequest, number: int, message_id: int) -> HttpResponse:
    """The message is in the ticket whose number was posted as `value`, which is shown; or a toast says why not."""
    _ticket, message = message_or_404(request, number, message_id)
    try:
        target = ticket_named(request.POST.get("value", ""), request.membership)
        target = move_message(message, ticket=target, by=By(actor=request.membership))
    except DomainError as refused:
        return _stay(request, number, refused)
    toast_on_next_page(request, _("Moved here from #%(number)s.") % {"number": number})
    return redirect(request, "ticket", slug=request.organization.slug, number=target.number)


def _stay(request: OrganizationRequest, number: int, refused: DomainError) -> HttpResponse:
    toast_on_next_page(request, refused.sentence, tone="bad")
    return redirect(request, "ticket", slug=request.organization.slug, number=number)
