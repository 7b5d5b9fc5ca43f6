"""Integrations: the list, a page for each, pausing and deleting one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from ticketing.forms.integrations import IntegrationForm, TokenForm
from ticketing.models import Integration
from ticketing.queries import integrations as queries
from ticketing.queries import webhooks as webhook_queries
from ticketing.services.integrations import integrations as services


@require_safe
@requires(Capability.MANAGE_INTEGRATIONS)
def integrations(request: OrganizationRequest) -> HttpResponse:
    """All integrations."""
    return render(request, "ticketing/integrations.html", {"integrations": queries.integrations()})


@require_safe
@requires(Capability.MANAGE_INTEGRATIONS)
def reference(request: OrganizationRequest) -> HttpResponse:
    """Every address of the API."""
    return render(request, "ticketing/api_reference.html")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_INTEGRATIONS)
def add_integration(request: OrganizationRequest) -> HttpResponse:
    """A form for another integration; sent, its page, where it gets its first token."""
    form = IntegrationForm(request.POST or None)
    made = _saved(form, lambda name: services.create_integration(name, actor=request.membership))
    if made is None:
        context = {"form": form}
        return render(request, "ticketing/integration_new.html", context, status=422 if form.errors else 200)
    toast_on_next_page(request, _("Integration made. Give it a token."))
    return redirect(request, "integration", slug=request.organization.slug, integration_id=made.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_INTEGRATIONS)
def integration(request: OrganizationRequest, integration_id: int) -> HttpResponse:
    """One integration: its name and its tokens."""
    found = integration_or_404(integration_id)
    form = IntegrationForm(request.POST or None, initial={"name": found.name})

    def rename(name: str) -> Integration:
        services.rename_integration(found, name=name, actor=request.membership)
        return found

    if _saved(form, rename) is None:
        return integration_page(request, found, form=form)
    toast_on_next_page(request, _("Saved"))
    return redirect(request, "integration", slug=request.organization.slug, integration_id=found.pk)


@require_POST
@requires(Capability.MANAGE_INTEGRATIONS)
def pause(request: OrganizationRequest, integration_id: int) -> HttpResponse:
    """Its tokens are refused; back to its page."""
    services.pause_integration(integration_or_404(integration_id), actor=request.membership)
    toast_on_next_page(request, _("Paused. Its tokens are refused."))
    return redirect(request, "integration", slug=request.organization.slug, integration_id=integration_id)


@require_POST
@requires(Capability.MANAGE_INTEGRATIONS)
def resume(request: OrganizationRequest, integration_id: int) -> HttpResponse:
    """Its tokens are good again; back to its page."""
    services.resume_integration(integration_or_404(integration_id), actor=request.membership)
    toast_on_next_page(request, _("Resumed"))
    return redirect(request, "integration", slug=request.organization.slug, integration_id=integration_id)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_INTEGRATIONS)
def integration_deletion(request: OrganizationRequest, integration_id: int) -> HttpResponse:
    """What goes and what stays, and the button."""
    found = integration_or_404(integration_id)
    if request.method == "POST":
        services.delete_integration(found, actor=request.membership)
        toast_on_next_page(request, _("Integration deleted"))
        return redirect(request, "integrations", slug=request.organization.slug)
    return render(request, "ticketing/integration_deletion.html", {"integration": found})


def integration_or_404(integration_id: int) -> Integration:
    """The integration. Raises Http404 for one that is deleted, or another organization's."""
    found = queries.integration_of(integration_id)
    if found is None:
        raise Http404
    return found


def integration_page(
    request: OrganizationRequest,
    found: Integration,
    *,
    form: IntegrationForm | None = None,
    token_form: TokenForm | None = None,
) -> HttpResponse:
    """The page of an integration; 422 with a form that has errors."""
    context: Mapping[str, Any] = {
        "integration": found,
        "tokens": queries.tokens_of(found),
        "webhooks": webhook_queries.webhooks_of(found),
        "hook": webhook_queries.hook_of(found),
        "form": form or IntegrationForm(initial={"name": found.name}),
        "token_form": token_form or TokenForm(),
    }
    is_refused = any(each is not None and each.errors for each in (form, token_form))
    return render(request, "ticketing/integration.html", context, status=422 if is_refused else 200)


def _saved(form: IntegrationForm, save: Callable[[str], Integration]) -> Integration | None:
    """What was saved; None unless a valid form was sent."""
    if not form.is_bound or not form.is_valid():
        return None
    try:
        return save(form.cleaned_data["name"])
    except DomainError as refused:
        form.add_error("name", refused.sentence)
        return None
