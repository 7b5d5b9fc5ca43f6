"""The organization's own settings, and the way into all settings."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.accounts.access import OrganizationRequest, for_members, requires
from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.forms.organization import OrganizationForm
from helpdesk.accounts.forms.refusals import show_refusal
from helpdesk.accounts.services.organizations import OrganizationProfile, change_organization
from helpdesk.web.rendering import page_or_part, redirect
from helpdesk.web.toasts import toast_on_next_page


@for_members
@require_safe
def settings_home(request: OrganizationRequest) -> HttpResponse:
    """To the first page of settings that is this member's business."""
    may_manage = can(request.membership, Capability.MANAGE_ORGANIZATION)
    page = "settings_organization" if may_manage else "settings_profile"
    return redirect(request, page, slug=request.organization.slug)


@requires(Capability.MANAGE_ORGANIZATION)
@require_http_methods(["GET", "HEAD", "POST"])
def organization(request: OrganizationRequest) -> HttpResponse:
    """Name, address, zone and pace of the organization, and whether it works for companies."""
    fields = OrganizationProfile.__dataclass_fields__
    form = OrganizationForm(
        request.POST or None, initial={name: getattr(request.organization, name) for name in fields}
    )
    if request.method == "POST" and form.is_valid():
        try:
            change_organization(request.organization, profile=form.profile(), actor=request.membership)
        except ValidationError as error:
            show_refusal(form, error)
        else:
            toast_on_next_page(request, _("Saved"))
            return redirect(request, "settings_organization", slug=request.organization.slug, reload=True)
    status = 422 if form.errors else 200
    return page_or_part(
        request, "accounts/organization.html", "accounts/_organization.html", {"form": form}, status=status
    )
