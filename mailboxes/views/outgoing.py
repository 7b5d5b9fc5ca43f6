"""Outgoing servers that stand by themselves: the list, a page for each, and removing one."""

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
from mailboxes.forms.outgoing import OutgoingServerForm
from mailboxes.models import OutgoingServer
from mailboxes.queries.outgoing import named_server_rows
from mailboxes.services.named_servers import change_named, create_named, delete_named
from mailboxes.services.outgoing_servers import mailboxes_through

_FORM_FIELDS = {"name_taken": "name", "host": "smtp_host", "port": "smtp_port", "cleartext": "smtp_security"}


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def outgoing_servers(request: OrganizationRequest) -> HttpResponse:
    """All outgoing servers with a name, each with the mailboxes that send through it."""
    return render(request, "mailboxes/outgoing_servers.html", {"rows": named_server_rows()})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def add_outgoing_server(request: OrganizationRequest) -> HttpResponse:
    """A form for another server."""
    form = OutgoingServerForm(request.POST or None)
    saved = _saved(request, form, lambda: create_named(form.to_input(), actor=request.membership))
    return saved or _page(request, form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def edit_outgoing_server(request: OrganizationRequest, server_id: UUID) -> HttpResponse:
    """The form with what is stored, but for the password."""
    server = _server_or_404(server_id)
    form = OutgoingServerForm(request.POST or None, server=server)
    saved = _saved(request, form, lambda: change_named(server, form.to_input(), actor=request.membership))
    return saved or _page(request, form, server=server)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def outgoing_server_deletion(request: OrganizationRequest, server_id: UUID) -> HttpResponse:
    """What stands against removing it, or the button."""
    server = _server_or_404(server_id)
    refusal = ""
    if request.method == "POST":
        try:
            delete_named(server, actor=request.membership)
        except DomainError as refused:
            refusal = refused.sentence
        else:
            toast_on_next_page(request, _("Outgoing server removed"))
            return redirect(request, "outgoing_servers", slug=request.organization.slug)
    context = {"server": server, "users": mailboxes_through(server).order_by("name"), "refusal": refusal}
    return render(request, "mailboxes/outgoing_server_deletion.html", context, status=422 if refusal else 200)


def _server_or_404(server_id: UUID) -> OutgoingServer:
    server: OutgoingServer = get_object_or_404(OutgoingServer.objects.exclude(name=""), pk=server_id)
    return server


def _saved(
    request: OrganizationRequest, form: OutgoingServerForm, save: Callable[[], OutgoingServer]
) -> HttpResponse | None:
    """The way back to the list; None unless a valid form was sent."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        save()
    except DomainError as refused:
        field = _FORM_FIELDS.get(refused.code, refused.code)
        form.add_error(field if field in form.fields else None, refused.sentence)
        return None
    toast_on_next_page(request, _("Saved"))
    return redirect(request, "outgoing_servers", slug=request.organization.slug)


def _page(
    request: OrganizationRequest, form: OutgoingServerForm, *, server: OutgoingServer | None = None
) -> HttpResponse:
    users = mailboxes_through(server).order_by("name") if server else []
    context = {"form": form, "server": server, "users": users}
    return render(request, "mailboxes/outgoing_server.html", context, status=422 if form.errors else 200)
