"""The link in an invitation: as the invited person sees it, outside any organization."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.forms.people import JoiningForm
from helpdesk.accounts.forms.refusals import show_refusal
from helpdesk.accounts.middleware import redirect_to_sign_in
from helpdesk.accounts.models import Membership, User
from helpdesk.accounts.services.invitations import NotOpen, Offer, State, accept, accept_as_new, find_offer
from helpdesk.accounts.views.first_run import BACKEND

GONE = 410


@never_cache
@sensitive_post_parameters("password")
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever was invited joins: by one click, after signing in, or with a name and a password."""
    offer = find_offer(token)
    if offer is None:
        raise Http404
    if offer.state is not State.OPEN:
        return _gone(request, offer)
    try:
        return _known(request, offer) if request.user.is_authenticated else _unknown(request, offer)
    except NotOpen:
        return _gone(request, find_offer(token) or offer)


def _known(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Somebody is signed in: the invited one joins, anybody else is told."""
    user = request.user
    if not user.is_authenticated or user.email != offer.email:
        return render(request, "accounts/joining_other.html", {"offer": offer}, status=403)
    if request.method == "POST":
        accept(offer, user=user)
        return _inside(offer)
    return render(request, "accounts/joining.html", {"offer": offer})


def _unknown(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Nobody is signed in: people with an account sign in first, others make one."""
    account = User.objects.filter(email=offer.email).first()
    if account is not None and (account.has_usable_password() or not account.is_active):
        return redirect_to_sign_in(request)
    form = JoiningForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        membership = _joined(offer, form)
        if membership is not None:
            login(request, membership.user, backend=BACKEND)
            return _inside(offer)
    context: dict[str, Any] = {"offer": offer, "form": form}
    return render(request, "accounts/joining_new.html", context, status=422 if form.errors else 200)


def _joined(offer: Offer, form: JoiningForm) -> Membership | None:
    values = form.cleaned_data
    try:
        return accept_as_new(offer, name=values["name"], password=values["password"])
    except ValidationError as error:
        show_refusal(form, error)
        return None


def _inside(offer: Offer) -> HttpResponse:
    return HttpResponseRedirect(f"/o/{offer.organization.slug}/")


def _gone(request: HttpRequest, offer: Offer) -> HttpResponse:
    return render(request, "accounts/joining_gone.html", {"offer": offer}, status=GONE)
