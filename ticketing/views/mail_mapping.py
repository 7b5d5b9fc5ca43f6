"""What a mailbox's mail gives its tickets."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.views.lookup import mailbox_or_404
from ticketing.forms.mail_mapping import MappingForm, copies_of
from ticketing.queries.fields import active_fields
from ticketing.services.mail_mapping import set_mapping, stored_mapping


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def mail_mapping(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """The mapping; posted, it holds from the next mail on."""
    mailbox, fields = mailbox_or_404(mailbox_id), active_fields()
    row = stored_mapping(mailbox)
    form = MappingForm.of(row, fields=fields, data=request.POST or None)
    copies = copies_of(row, fields=fields, data=request.POST or None)
    context: dict[str, Any] = {"mailbox": mailbox, "mapping": row, "form": form, "copies": copies}
    context["has_fields"] = bool(fields)
    if request.method != "POST":
        return render(request, "ticketing/mail_mapping.html", context)
    if form.is_valid() and copies.is_valid():
        lines = [copy for each in copies for copy in each.to_input()]
        try:
            set_mapping(mailbox, form.to_input(lines), actor=request.membership)
        except DomainError as refused:
            form.add_error(None, refused.sentence)
        else:
            toast_on_next_page(request, _("Saved. It holds from the next mail on."))
            return redirect(request, "mail_mapping", slug=request.organization.slug, mailbox_id=mailbox.pk)
    return render(request, "ticketing/mail_mapping.html", context, status=422)
