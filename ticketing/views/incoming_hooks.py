"""Where an integration is called: its address and secret, how calls are read, and every call that came."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from ticketing.forms.mapping import MappingForm, ProofForm
from ticketing.models import IncomingHook, Proof
from ticketing.queries import webhooks as queries
from ticketing.services.syncing import hooks as services
from ticketing.services.syncing.accepting import retry
from ticketing.views.integrations import integration_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@requires(Capability.MANAGE_INTEGRATIONS)
def incoming(request: OrganizationRequest, integration_id: int) -> HttpResponse:
    """How calls are read, and what came; before there is an address, the form for one."""
    found = integration_or_404(integration_id)
    hook = queries.hook_of(found)
    if hook is None:
        return _begin(request, found)
    form = MappingForm(request.POST if request.method == "POST" else None, mapping=hook.mapping)
    if form.is_bound and form.is_valid():
        services.change_mapping(hook, form.to_mapping(), actor=request.membership)
        toast_on_next_page(request, _("Saved. Calls are read so from now on."))
        return _back(request, integration_id)
    page = queries.calls_of(hook, cursor=request.GET.get("cursor", ""))
    context = {"integration": found, "hook": hook, "form": form, "page": page}
    return render(request, "ticketing/incoming.html", context, status=422 if form.errors else 200)


@require_POST
@never_cache
@requires(Capability.MANAGE_INTEGRATIONS)
def renew_incoming(request: OrganizationRequest, integration_id: int, what: str) -> HttpResponse:
    """Another address, or another secret, shown once."""
    hook = hook_or_404(integration_id)
    context: dict[str, Any] = {"integration": hook.integration, "hook": hook}
    if what == "address":
        context["address"] = services.renew_address(hook, actor=request.membership)
    elif what == "secret":
        context["secret"] = services.renew_secret(hook, actor=request.membership)
    else:
        raise Http404
    return render(request, "ticketing/incoming_secret.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_INTEGRATIONS)
def incoming_deletion(request: OrganizationRequest, integration_id: int) -> HttpResponse:
    """What goes, and the button."""
    hook = hook_or_404(integration_id)
    if request.method == "POST":
        services.delete_hook(hook, actor=request.membership)
        toast_on_next_page(request, _("Address deleted"))
        return redirect(request, "integration", slug=request.organization.slug, integration_id=integration_id)
    return render(request, "ticketing/incoming_deletion.html", {"integration": hook.integration, "hook": hook})


@require_safe
@requires(Capability.MANAGE_INTEGRATIONS)
def incoming_call(request: OrganizationRequest, integration_id: int, call_id: int) -> HttpResponse:
    """One call as it came, and what came of it."""
    hook = hook_or_404(integration_id)
    call = queries.call_of(hook, call_id=call_id)
    if call is None:
        raise Http404
    return render(request, "ticketing/incoming_call.html", {"integration": hook.integration, "call": call})


@require_POST
@requires(Capability.MANAGE_INTEGRATIONS)
def retry_incoming_call(request: OrganizationRequest, integration_id: int, call_id: int) -> HttpResponse:
    """The call is read again, as the mapping is now; one that was applied stays so."""
    hook = hook_or_404(integration_id)
    call = queries.call_of(hook, call_id=call_id)
    if call is None:
        raise Http404
    answer = retry(call, actor=request.membership)
    toast_on_next_page(request, answer.said or _("Applied"), tone="bad" if answer.code else "ok")
    slug = request.organization.slug
    return redirect(request, "incoming_call", slug=slug, integration_id=integration_id, call_id=call_id)


def hook_or_404(integration_id: int) -> IncomingHook:
    """The address of the integration. Raises Http404 if it has none."""
    hook = queries.hook_of(integration_or_404(integration_id))
    if hook is None:
        raise Http404
    return hook


def _begin(request: OrganizationRequest, found: Any) -> HttpResponse:
    form = ProofForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            given = services.create_hook(found, proof=Proof(form.cleaned_data["proof"]), actor=request.membership)
        except DomainError as refused:
            form.add_error(None, refused.sentence)
        else:
            context = {"integration": found, "hook": given.hook, "address": given.address, "secret": given.secret}
            return render(request, "ticketing/incoming_secret.html", context)
    context = {"integration": found, "form": form}
    return render(request, "ticketing/incoming_new.html", context, status=422 if form.errors else 200)


def _back(request: OrganizationRequest, integration_id: int) -> HttpResponse:
    return redirect(request, "incoming", slug=request.organization.slug, integration_id=integration_id)
