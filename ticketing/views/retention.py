"""How long mail is kept."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from ticketing.forms.retention import RetentionForm
from ticketing.services.retention import retention, set_retention


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def keeping_mail(request: OrganizationRequest) -> HttpResponse:
    """The days, and what the last pruning did; posted, they hold from the next one on."""
    row = retention()
    if request.method != "POST":
        form = RetentionForm(initial={"raw_days": row.raw_days, "held_days": row.held_days})
        return render(request, "ticketing/keeping_mail.html", {"form": form, "retention": row})
    form = RetentionForm(request.POST)
    if not form.is_valid():
        return render(request, "ticketing/keeping_mail.html", {"form": form, "retention": row}, status=422)
    set_retention(**form.cleaned_data, actor=request.membership)
    toast_on_next_page(request, _("Saved. It holds from the next day's pruning on."))
    return redirect(request, "keeping_mail", slug=request.organization.slug)
