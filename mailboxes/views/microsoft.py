"""Connecting mailboxes of Microsoft 365 by an app registration, and the link that has its permissions consented to."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from mailboxes.forms.graph import GraphForm
from mailboxes.services.setup.mailboxes import create_mailboxes
from mailboxes.views.registration import consent_url

_NAMES = {"address_taken": "address", "tenant": "tenant", "client_id": "client_id", "username": "tenant"}


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def add_microsoft_mailbox(request: OrganizationRequest) -> HttpResponse:
    """The form; saved, the mailbox waits for the answer to what becomes of the mail that is there."""
    address = request.GET.get("address", "")[:320]
    known = {"address": address, "name": address.partition("@")[0].capitalize()[:80]}
    known |= {"protocol": request.GET["protocol"]} if "protocol" in request.GET else {}
    form = GraphForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            entered, more = form.to_input(is_enabled=False), form.inputs_of_more()
            mailbox = create_mailboxes(entered, more=more, actor=request.membership)
        except DomainError as refused:
            form.add_error(_NAMES.get(refused.code), refused.sentence)
        else:
            return redirect(request, "existing_mail", slug=request.organization.slug, mailbox_id=mailbox.pk)
    context = {"form": form}
    return render(request, "mailboxes/microsoft.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def consent_link(request: OrganizationRequest) -> HttpResponse:
    """The link of the app that stands in the form, once tenant and client id are there."""
    form = GraphForm(request.POST)
    form.is_valid()
    names = ("tenant", "client_id", "cloud")
    values = {name: form.cleaned_data.get(name, "") for name in names}
    link = consent_url(**values) if all(values.values()) else ""
    return render(request, "mailboxes/_consent.html", {"consent_url": link})
