"""Where is my mail? The check list for a mail that somebody misses."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability, can
from helpdesk.web.rendering import page_or_part
from ticketing.forms.whereabouts import MissedMailForm
from ticketing.queries.whereabouts import askable_mailboxes, findings
from ticketing.whereabouts.answer import whereabouts
from ticketing.whereabouts.lines import Reader


@require_safe
@requires(Capability.VIEW_INBOUND_LOG)
def where_is_my_mail(request: OrganizationRequest) -> HttpResponse:
    """The form, and once `q` is there the answer and the list."""
    mailboxes = askable_mailboxes()
    form = MissedMailForm(request.GET if "q" in request.GET else None, mailboxes=mailboxes)
    is_asked = form.is_valid() and bool(mailboxes)
    known = findings(request.organization, form.question()) if is_asked else None
    context = {
        "form": form,
        "has_mailboxes": bool(mailboxes),
        "may_connect": can(request.membership, Capability.MANAGE_CHANNELS),
        "known": known,
        "result": whereabouts(known, Reader(request.membership)) if known else None,
    }
    status = 422 if form.errors else 200
    return page_or_part(
        request, "ticketing/where_is_my_mail.html", "ticketing/_where_is_my_mail.html", context, status=status
    )
