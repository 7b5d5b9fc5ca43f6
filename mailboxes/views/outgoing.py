"""Outgoing servers that stand by themselves: the list, a page for each, and removing one."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.connectors.errors import ConnectorError
from mailboxes.forms.outgoing import OutgoingServerForm
from mailboxes.models import OutgoingServer
from mailboxes.queries.outgoing import address_to_try, named_server_rows
from mailboxes.services.sending.named_servers import change_named, create_named, delete_named
from mailboxes.services.sending.outgoing_servers import mailboxes_through
from mailboxes.services.setup.form_config import plan_of_server
from mailboxes.services.setup.testing import start_test
from mailboxes.views.connection_test import is_allowed, place_on_page, running_test, show_run

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


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def start_server_test(request: OrganizationRequest) -> HttpResponse:
    """The test of the posted form is under way; 422 with the form's errors when it cannot be tested."""
    stored = request.POST.get("server", "")
    server = _server_or_404(stored) if stored else None
    form = OutgoingServerForm(request.POST, server=server)
    if form.is_valid() and not is_allowed(request.membership):
        form.add_error(None, _("That were many tests in a minute. Wait a moment, then test again."))
    if not form.is_valid():
        return render(request, "mailboxes/_test_errors.html", {"form": form}, status=422)
    address = address_to_try(server) or request.membership.user.email
    try:
        plan = plan_of_server(form.to_input(), server=server, address=address)
    except ConnectorError as problem:
        form.add_error(None, problem.detail)
        return render(request, "mailboxes/_test_errors.html", {"form": form}, status=422)
    name = form.cleaned_data["name"]
    place = place_on_page(request, server)
    run = start_test(plan, address=address, organization_id=request.organization.pk, mailbox_name=name, place=place)
    return show_run(request, run)


def _server_or_404(server_id: UUID | str) -> OutgoingServer:
    try:
        wanted = UUID(str(server_id))
    except ValueError:
        raise Http404 from None
    server: OutgoingServer = get_object_or_404(OutgoingServer.objects.exclude(name=""), pk=wanted)
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
    context = {"form": form, "server": server, "users": users} | (running_test(server) if server else {})
    return render(request, "mailboxes/outgoing_server.html", context, status=422 if form.errors else 200)
