"""Webhooks of an integration: a page for each with its log, its secret, pausing and deleting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.counts import bounded_count
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from ticketing.forms.webhooks import NewWebhookForm, SecretForm, WebhookForm
from ticketing.models import DeliveryStatus, Integration, Webhook
from ticketing.queries import webhooks as queries
from ticketing.services.webhooks import bringing
from ticketing.services.webhooks import subscriptions as services
from ticketing.views.integrations import integration_or_404

BRINGING = {
    "bring-over": (bringing.start_bringing_over, gettext_lazy("Earlier tickets are on their way.")),
    "stop-bringing": (bringing.stop_bringing_over, gettext_lazy("Stopped. What waits already is sent.")),
}
_ACTIONS: dict[str, tuple[Callable[..., object], Any]] = {
    "pause": (services.pause_webhook, gettext_lazy("Paused. What happens is sent when you resume it.")),
    "resume": (services.resume_webhook, gettext_lazy("Resumed. What was missed is on its way.")),
    "test": (services.send_test, gettext_lazy("A test event is on its way.")),
    **BRINGING,
}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@requires(Capability.MANAGE_INTEGRATIONS)
def add_webhook(request: OrganizationRequest, integration_id: int) -> HttpResponse:
    """A form for another webhook; sent, its secret, which is shown once."""
    found = integration_or_404(integration_id)
    form = NewWebhookForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            webhook, secret = services.create_webhook(found, form.to_input(), actor=request.membership)
        except DomainError as refused:
            form.add_error(refused.code if refused.code in form.fields else None, refused.sentence)
        else:
            return _secret_page(request, webhook, secret=secret, is_new=True)
    context = {"integration": found, "form": form}
    return render(request, "ticketing/webhook_new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_INTEGRATIONS)
def webhook(request: OrganizationRequest, integration_id: int, webhook_id: UUID) -> HttpResponse:
    """How it fares, its log, and the form with what is stored, but for the secret."""
    found = webhook_or_404(integration_id, webhook_id)
    form = WebhookForm(request.POST or None, webhook=found)
    if form.is_bound and form.is_valid():
        try:
            services.change_webhook(found, form.to_input(), actor=request.membership)
        except DomainError as refused:
            form.add_error(refused.code if refused.code in form.fields else None, refused.sentence)
        else:
            toast_on_next_page(request, _("Saved"))
            return _back(request, found)
    page = queries.deliveries_of(found, cursor=request.GET.get("cursor", ""))
    context = {"integration": found.integration, "webhook": found, "form": form, "page": page} | _earlier(found)
    return render(request, "ticketing/webhook.html", context, status=422 if form.errors else 200)


@require_safe
@requires(Capability.MANAGE_INTEGRATIONS)
def earlier_tickets(request: OrganizationRequest, integration_id: int, webhook_id: UUID) -> HttpResponse:
    """How far bringing earlier tickets over is, as the part of the webhook's page."""
    found = webhook_or_404(integration_id, webhook_id)
    context = {"integration": found.integration, "webhook": found} | _earlier(found)
    return render(request, "ticketing/_earlier_tickets.html", context)


@require_POST
@requires(Capability.MANAGE_INTEGRATIONS)
def act_on_webhook(request: OrganizationRequest, integration_id: int, webhook_id: UUID, action: str) -> HttpResponse:
    """Paused, resumed, a test event sent, earlier tickets brought over or no more; back to its page."""
    found = webhook_or_404(integration_id, webhook_id)
    if action not in _ACTIONS:
        raise Http404
    act, words = _ACTIONS[action]
    try:
        act(found, actor=request.membership)
    except DomainError as refused:
        toast_on_next_page(request, refused.sentence, tone="bad")
    else:
        toast_on_next_page(request, str(words))
    return _back(request, found)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@requires(Capability.MANAGE_INTEGRATIONS)
def webhook_secret(request: OrganizationRequest, integration_id: int, webhook_id: UUID) -> HttpResponse:
    """A form for another secret; sent, the secret, which is shown once."""
    found = webhook_or_404(integration_id, webhook_id)
    form = SecretForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            given = form.cleaned_data["secret"]
            secret = services.rotate_secret(found, actor=request.membership, secret=given)
        except DomainError as refused:
            form.add_error("secret", refused.sentence)
        else:
            return _secret_page(request, found, secret=secret, is_new=False)
    context = {"integration": found.integration, "webhook": found, "form": form}
    return render(request, "ticketing/webhook_new_secret.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_INTEGRATIONS)
def webhook_deletion(request: OrganizationRequest, integration_id: int, webhook_id: UUID) -> HttpResponse:
    """What goes, and the button."""
    found = webhook_or_404(integration_id, webhook_id)
    if request.method == "POST":
        services.delete_webhook(found, actor=request.membership)
        toast_on_next_page(request, _("Webhook deleted"))
        return redirect(request, "integration", slug=request.organization.slug, integration_id=integration_id)
    context = {"integration": found.integration, "webhook": found}
    return render(request, "ticketing/webhook_deletion.html", context)


@require_POST
@requires(Capability.MANAGE_INTEGRATIONS)
def send_again(request: OrganizationRequest, integration_id: int, webhook_id: UUID, delivery_id: int) -> HttpResponse:
    """The event is sent once more; one that waits, now."""
    found = webhook_or_404(integration_id, webhook_id)
    delivery = queries.delivery_of(found, delivery_id=delivery_id)
    if delivery is None:
        raise Http404
    send = services.try_now if delivery.state == DeliveryStatus.WAITING else services.send_again
    send(delivery, actor=request.membership)
    toast_on_next_page(request, _("On its way"))
    return _back(request, found)


def webhook_or_404(integration_id: int, webhook_id: UUID) -> Webhook:
    """The webhook of this integration. Raises Http404 for any other."""
    integration: Integration = integration_or_404(integration_id)
    found = queries.webhook_of(integration, webhook_id=webhook_id)
    if found is None:
        raise Http404
    found.integration = integration
    return found


def _earlier(found: Webhook) -> dict[str, object]:
    """Earlier tickets on its page: how far they are, or how many there are."""
    bringing_over = queries.bringing_over_of(found)
    if bringing_over is not None:
        return {"bringing": bringing_over}
    return {"bringing": None, "earlier": bounded_count(bringing.earlier_tickets(found).order_by())}


def _back(request: OrganizationRequest, found: Webhook) -> HttpResponse:
    slug = request.organization.slug
    return redirect(request, "webhook", slug=slug, integration_id=found.integration_id, webhook_id=found.pk)


def _secret_page(request: OrganizationRequest, found: Webhook, *, secret: str, is_new: bool) -> HttpResponse:
    context = {"integration": found.integration, "webhook": found, "secret": secret, "is_new": is_new}
    return render(request, "ticketing/webhook_secret.html", context)
