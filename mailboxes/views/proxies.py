"""Proxies: the list, a page for each, and removing one."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.forms.proxies import ProxyForm
from mailboxes.models import Proxy
from mailboxes.services.setup.proxies import change_proxy, create_proxy, delete_proxy, servers_through, users_of


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def proxies(request: OrganizationRequest) -> HttpResponse:
    """All proxies, each with the mailboxes that go through it."""
    rows = [(proxy, users_of(proxy)) for proxy in Proxy.objects.order_by("name", "id")]
    return render(request, "mailboxes/proxies.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def add_proxy(request: OrganizationRequest) -> HttpResponse:
    """A form for another proxy."""
    form = ProxyForm(request.POST or None)
    return _saved(request, form, lambda: create_proxy(form.to_input(), actor=request.membership)) or _page(
        request, form
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def edit_proxy(request: OrganizationRequest, proxy_id: UUID) -> HttpResponse:
    """The form with what is stored, but for the password."""
    proxy = get_object_or_404(Proxy, pk=proxy_id)
    form = ProxyForm(request.POST or None, proxy=proxy)
    return _saved(request, form, lambda: change_proxy(proxy, form.to_input(), actor=request.membership)) or _page(
        request, form, proxy=proxy
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def proxy_deletion(request: OrganizationRequest, proxy_id: UUID) -> HttpResponse:
    """What stands against removing it, or the button."""
    proxy = get_object_or_404(Proxy, pk=proxy_id)
    refusal = ""
    if request.method == "POST":
        try:
            delete_proxy(proxy, actor=request.membership)
        except DomainError as refused:
            refusal = refused.sentence
        else:
            toast_on_next_page(request, _("Proxy removed"))
            return redirect(request, "proxies", slug=request.organization.slug)
    context = {"proxy": proxy, "users": users_of(proxy), "servers": servers_through(proxy), "refusal": refusal}
    return render(request, "mailboxes/proxy_deletion.html", context, status=422 if refusal else 200)


def _saved(request: OrganizationRequest, form: ProxyForm, save: Callable[[], Proxy]) -> HttpResponse | None:
    """The way back to the list; None unless a valid form was sent."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        save()
    except DomainError as refused:
        field = "name" if refused.code == "name_taken" else refused.code
        form.add_error(field if field in form.fields else None, refused.sentence)
        return None
    toast_on_next_page(request, _("Saved"))
    return redirect(request, "proxies", slug=request.organization.slug)


def _page(request: OrganizationRequest, form: ProxyForm, *, proxy: Proxy | None = None) -> HttpResponse:
    context = {"form": form, "proxy": proxy, "users": users_of(proxy) if proxy else []}
    return render(request, "mailboxes/proxy.html", context, status=422 if form.errors else 200)
