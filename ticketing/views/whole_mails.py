"""Fetching the whole of a message whose headers alone are here: from its ticket, or from the inbound log."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import reswap, retarget

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability, can
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect, wants_part
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.models import RawMessage
from mailboxes.services.reading.whole_requests import ask_for_whole
from ticketing.queries.delivery import delivery_of
from ticketing.queries.thread import add_whole_mails, entry_of
from ticketing.queries.unseen import position_with
from ticketing.views.composer import whole_number
from ticketing.views.inbound_log import entry_context, entry_or_404
from ticketing.views.messages import message_or_404


@require_safe
@requires(Capability.VIEW_TICKETS)
def whole_of_message(request: OrganizationRequest, number: int, message_id: int) -> HttpResponse:
    """How far it is, for the page that asks again by itself; once it is here, the message in full."""
    ticket, message = message_or_404(request, number, message_id)
    if not wants_part(request):
        return redirect(request, _place_of(request, ticket.number, message.pk))
    [entry] = add_whole_mails([entry_of(message)])
    context = {
        "ticket": ticket,
        "entry": entry,
        "deliveries": delivery_of([message]),
        "may_work": can(request.membership, Capability.WORK_TICKETS),
        "may_fetch": can(request.membership, Capability.MANAGE_CHANNELS),
    }
    if entry.whole_mail is not None:
        return render(request, "ticketing/_whole_of_message.html", context)
    seen_position = whole_number(request.GET.get("seen_position", ""))
    if seen_position:
        context["seen_position"] = position_with(message, seen_position=seen_position)
    response = render(request, "ticketing/_message_completed.html", context)
    return reswap(retarget(response, f"#message-{message.pk}"), "outerHTML")


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def fetch_whole_of_message(request: OrganizationRequest, number: int, message_id: int) -> HttpResponse:
    """It is asked for; back to the message."""
    ticket, message = message_or_404(request, number, message_id)
    _ask(request, message.raw)
    return redirect(request, _place_of(request, ticket.number, message.pk))


@require_safe
@requires(Capability.VIEW_INBOUND_LOG)
def whole_of_entry(request: OrganizationRequest, entry_id: int) -> HttpResponse:
    """How far it is, for the details that ask again by themselves; once it is here, the details anew."""
    entry = entry_or_404(entry_id)
    if not wants_part(request):
        return redirect(request, "inbound_log_entry", slug=request.organization.slug, entry_id=entry.pk)
    context = entry_context(request, entry) | {"is_part": True}
    if context["whole_mail"] is not None:
        return render(request, "ticketing/_whole_of_entry.html", context)
    response = render(request, "ticketing/_inbound_log_entry.html", context)
    return reswap(retarget(response, "#detail"), "outerHTML")


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def fetch_whole_of_entry(request: OrganizationRequest, entry_id: int) -> HttpResponse:
    """It is asked for; back to the details."""
    entry = entry_or_404(entry_id)
    _ask(request, entry.raw)
    return redirect(request, "inbound_log_entry", slug=request.organization.slug, entry_id=entry.pk)


def _place_of(request: OrganizationRequest, number: int, message_id: int) -> str:
    address = reverse("ticket", kwargs={"slug": request.organization.slug, "number": number})
    return f"{address}#message-{message_id}"


def _ask(request: OrganizationRequest, raw: RawMessage | None) -> None:
    """It is asked for, or the next page says why not. Raises Http404 for what never was a mail."""
    if raw is None:
        raise Http404
    try:
        is_new = ask_for_whole(raw, actor=request.membership)
    except DomainError as refused:
        toast_on_next_page(request, refused.sentence, tone="bad")
        return
    said = _("The whole message is being fetched.") if is_new else _("Somebody has asked for it already.")
    toast_on_next_page(request, said)
