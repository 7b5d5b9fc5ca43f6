"""The front door: from `/` to where the person belongs."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from helpdesk.accounts.models import User
from helpdesk.accounts.queries import active_memberships
from helpdesk.accounts.services import installation


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To the organization the person was in last; else to the choice, the sign-in page or the first run."""
    if not request.user.is_authenticated:
        return redirect("first_run" if installation.is_empty() else "account_login")
    user = request.user
    memberships = active_memberships(user)
    last = [m for m in memberships if m.organization_id == user.last_organization_id]
    if last or len(memberships) == 1:
        return HttpResponseRedirect(f"/o/{(last or memberships)[0].organization.slug}/")
    return redirect("organizations")


@login_required
@never_cache
@require_safe
def organizations(request: HttpRequest) -> HttpResponse:
    """The organizations the person may go to; a clear page when there is none."""
    memberships = active_memberships(cast("User", request.user))
    return render(request, "accounts/organizations.html", {"memberships": memberships})


@login_required
@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    """To the person's profile, in the organization they were in last."""
    user = cast("User", request.user)
    memberships = active_memberships(user)
    chosen = [m for m in memberships if m.organization_id == user.last_organization_id] or memberships
    if not chosen:
        return redirect("organizations")
    return redirect("settings_profile", slug=chosen[0].organization.slug)
