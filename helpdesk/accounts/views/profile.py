"""A member's own page, and what roles may do."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.accounts.access import OrganizationRequest, for_members
from helpdesk.accounts.capabilities import CAPABILITIES, CAPABILITY_NAMES
from helpdesk.accounts.forms.profile import ProfileForm
from helpdesk.accounts.models import Role
from helpdesk.accounts.services.profiles import Profile, change_profile
from helpdesk.web.rendering import page_or_part, redirect
from helpdesk.web.toasts import toast_on_next_page


@for_members
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: OrganizationRequest) -> HttpResponse:
    """Name, times, looks and keys of whoever is signed in."""
    user = request.membership.user
    form = ProfileForm(
        request.POST or None, initial={name: getattr(user, name) for name in Profile.__dataclass_fields__}
    )
    if request.method == "POST" and form.is_valid():
        change_profile(user, profile=form.profile())
        toast_on_next_page(request, _("Saved"))
        return redirect(request, "settings_profile", slug=request.organization.slug, reload=True)
    status = 422 if form.errors else 200
    return page_or_part(request, "accounts/profile.html", "accounts/_profile.html", {"form": form}, status=status)


@for_members
@require_safe
def roles(request: OrganizationRequest) -> HttpResponse:
    """What each role may do; nothing to change here."""
    rows = [
        (name, [(role.label, capability in CAPABILITIES[role]) for role in Role])
        for capability, name in CAPABILITY_NAMES.items()
    ]
    context = {"rows": rows, "roles": [role.label for role in Role]}
    return page_or_part(request, "accounts/roles.html", "accounts/_roles.html", context)
