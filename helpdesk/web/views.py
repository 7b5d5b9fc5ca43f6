"""Choosing a theme from the person's menu, on whatever page they are."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from helpdesk.accounts.models import Theme, User


@login_required
@require_POST
def appearance(request: HttpRequest) -> HttpResponse:
    """The person's theme is stored; the answer leads back to the page, or is empty for the script."""
    theme = request.POST.get("theme", "")
    if theme not in Theme.values:
        return HttpResponseBadRequest()
    User.objects.filter(email=request.user.get_username()).update(theme=theme)
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=204)
    return HttpResponseRedirect(_way_back(request))


def _way_back(request: HttpRequest) -> str:
    before = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(before, allowed_hosts={request.get_host()}, require_https=False)
    return before if is_ours else "/"
