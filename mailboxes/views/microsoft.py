"""Connecting mailboxes of Microsoft 365 by an app registration, and the link that has its permissions consented to."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from mailboxes.forms.graph import GraphForm
from mailboxes.views.mailboxes import created
from mailboxes.views.registration import consent_url
from mailboxes.views.second_step import SecondStep, second_step


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
@second_step
def add_microsoft_mailbox(request: OrganizationRequest, step: SecondStep) -> HttpResponse:
    """The form; sent, the mailbox is a draft that goes on to its test."""
    form = GraphForm(request.POST or None, initial=step.known("address", "protocol"))
    return step.answer(
        form,
        create=lambda: created(form, actor=request.membership),
        page="mailboxes/microsoft.html",
        fields={"username": "tenant"},
    )


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
