"""The page that makes the first organization and its owner, once."""

from __future__ import annotations

from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.forms.first_run import FirstRunForm
from helpdesk.accounts.services import installation
from helpdesk.accounts.services.founding import AlreadySetUp

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def first_run(request: HttpRequest) -> HttpResponse:
    """The form, and the sign-in of whoever filled it in; 404 once the installation has an organization."""
    if not installation.is_empty():
        raise Http404
    form = FirstRunForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            membership = form.set_up()
        except AlreadySetUp as error:
            raise Http404 from error
        if membership is not None:
            login(request, membership.user, backend=BACKEND)
            return HttpResponseRedirect(f"/o/{membership.organization.slug}/")
    return render(request, "accounts/first_run.html", {"form": form}, status=422 if form.errors else 200)
