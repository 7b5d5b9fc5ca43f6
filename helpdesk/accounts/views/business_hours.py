"""The organization's business hours."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.accounts.forms.business_hours import BusinessHoursForm
from helpdesk.accounts.forms.refusals import show_refusal
from helpdesk.accounts.models import BusinessHours
from helpdesk.accounts.services.business_hours import opening_hours, set_business_hours
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import page_or_part, redirect
from helpdesk.web.toasts import toast_on_next_page


@requires(Capability.MANAGE_TEAMS)
@require_http_methods(["GET", "HEAD", "POST"])
def business_hours(request: OrganizationRequest) -> HttpResponse:
    """The hours; posted, they hold from now on."""
    if request.method != "POST":
        stored = BusinessHours.objects.first()
        return _page(request, BusinessHoursForm.of(stored, timezone=request.organization.timezone))
    form = BusinessHoursForm(request.POST)
    if form.is_valid():
        try:
            set_business_hours(form.to_input(), version=form.cleaned_data["version"], actor=request.membership)
        except DomainError as refused:
            show_refusal(form, refused)
        else:
            toast_on_next_page(request, _("Saved"))
            return redirect(request, "settings_hours", slug=request.organization.slug)
    return _page(request, form)


def _page(request: OrganizationRequest, form: BusinessHoursForm) -> HttpResponse:
    hours, now = opening_hours(), clock.now()
    context = {
        "form": form,
        "hours": hours,
        "is_open": hours.is_open(now) if hours else True,
        "opens_at": hours.next_opening(now) if hours else None,
    }
    status = 422 if form.errors else 200
    page, part = "accounts/business_hours.html", "accounts/_business_hours.html"
    return page_or_part(request, page, part, context, status=status)
