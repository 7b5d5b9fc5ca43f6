"""The outbox: what is on its way out, what is stuck and why, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership
from helpdesk.lib.errors import DomainError
from helpdesk.web.pagination import paginate
from helpdesk.web.rendering import page_or_part, redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.models import DeliveryState, OutboxMessage, OutboxRecipient, OutgoingServer
from mailboxes.outbox_words import filing_words, reason_words
from mailboxes.queries import outbox as outbox_queries
from mailboxes.services.sending import settling
from mailboxes.services.sending.resuming import resume_paused
from mailboxes.ticket_links import TicketLink, ticket_links

LOOKS: dict[str, tuple[str, str]] = {
    DeliveryState.QUEUED: ("", "clock"),
    DeliveryState.SENDING: ("info", "send"),
    DeliveryState.SENT: ("ok", "check"),
    DeliveryState.RETRY: ("warn", "refresh"),
    DeliveryState.FAILED: ("bad", "x-circle"),
    DeliveryState.UNKNOWN: ("warn", "help"),
    DeliveryState.CANCELLED: ("", "ban"),
}
FILTERS: dict[str, tuple[Promise, tuple[DeliveryState, ...]]] = {
    "person": (gettext_lazy("Needs a person"), outbox_queries.NEEDS_A_PERSON),
    "unknown": (gettext_lazy("Unknown"), (DeliveryState.UNKNOWN,)),
    "failed": (gettext_lazy("Failed"), (DeliveryState.FAILED,)),
    "retry": (gettext_lazy("Tried again later"), (DeliveryState.RETRY,)),
    "queued": (gettext_lazy("Queued"), (DeliveryState.QUEUED, DeliveryState.SENDING)),
    "sent": (gettext_lazy("Sent"), (DeliveryState.SENT,)),
    "bounced": (gettext_lazy("Came back"), (DeliveryState.SENT,)),
    "cancelled": (gettext_lazy("Cancelled"), (DeliveryState.CANCELLED,)),
    "all": (gettext_lazy("All"), ()),
}


@require_safe
@requires(Capability.VIEW_OUTBOX)
def outbox(request: OrganizationRequest) -> HttpResponse:
    """A page of the outbox in the states of `?show=`; first what needs a person."""
    shown = request.GET.get("show", "")
    shown = shown if shown in FILTERS else "person"
    states = FILTERS[shown][1]
    rows = outbox_queries.bounced_rows() if shown == "bounced" else outbox_queries.outbox_rows(states)
    page = paginate(rows, order_by=outbox_queries.PAGE_ORDER, cursor=request.GET.get("cursor", ""))
    links = ticket_links(request.organization, [row.ticket_id for row in page.rows if row.ticket_id])
    context = {
        "page": page,
        "mails": [_mail(row, links.get(row.ticket_id or 0)) for row in page.rows],
        "shown": shown,
        "filters": [(name, words) for name, (words, _states) in FILTERS.items()],
        "stuck": outbox_queries.outbox_count(),
        "paused": [(server, count, reason_words(server.pause_reason, server=server)) for server, count in _paused()],
        "may_work": can(request.membership, Capability.WORK_OUTBOX),
        "may_manage": can(request.membership, Capability.MANAGE_CHANNELS),
    }
    return page_or_part(request, "mailboxes/outbox.html", "mailboxes/_outbox.html", context)


def _paused() -> list[tuple[OutgoingServer, int]]:
    return outbox_queries.paused_servers()


def _mail(row: OutboxMessage, link: TicketLink | None) -> dict[str, Any]:
    """What the page shows of one mail, and which buttons it has."""
    delivery = outbox_queries.delivery_of(row)
    states = {recipient.state for recipient in delivery.recipients}
    waits = states & {DeliveryState.RETRY, DeliveryState.QUEUED} and not delivery.is_paused
    return {
        "outbox": row,
        "delivery": delivery,
        "recipients": [
            (recipient, LOOKS[recipient.state], reason_words(recipient.reason, recipient.detail, server=row.outgoing))
            for recipient in delivery.recipients
        ],
        "look": LOOKS[row.state],
        "reason": reason_words(row.error_reason, row.error_detail, server=row.outgoing),
        "filing": filing_words(row.filing_reason),
        "said": "" if row.error_detail in {r.detail for r in delivery.recipients} else row.error_detail,
        "ticket": link,
        "may_retry": DeliveryState.FAILED in states or (waits and row.attempts),
        "may_decide": DeliveryState.UNKNOWN in states,
        "may_cancel": bool(states & {*outbox_queries.NEEDS_A_PERSON, DeliveryState.QUEUED, DeliveryState.RETRY}),
    }


def _retry(mail: OutboxMessage, actor: Membership) -> str:
    settling.retry_now(mail, actor=actor)
    return _("It is being sent.")


def _resend(mail: OutboxMessage, actor: Membership) -> str:
    settling.resend(mail, actor=actor)
    return _("It is being sent again.")


def _mark_as_sent(mail: OutboxMessage, actor: Membership) -> str:
    settling.mark_as_sent(mail, actor=actor)
    return _("It counts as sent.")


def _cancel(mail: OutboxMessage, actor: Membership) -> str:
    settling.cancel(mail, actor=actor)
    return _("It is cancelled. Whoever has not got it will not get it.")


ACTIONS: dict[str, Callable[[OutboxMessage, Membership], str]] = {
    "retry": _retry,
    "resending": _resend,
    "confirmation": _mark_as_sent,
    "cancellation": _cancel,
}


@require_POST
@requires(Capability.WORK_OUTBOX)
def act_on_outbox(request: OrganizationRequest, outbox_id: int, action: str) -> HttpResponse:
    """Try now, send again, take as sent or cancel; back to the list."""
    if action not in ACTIONS:
        raise Http404
    mail: OutboxMessage = get_object_or_404(OutboxMessage.objects.all(), pk=outbox_id)
    return _done(request, lambda: ACTIONS[action](mail, request.membership))


@require_POST
@requires(Capability.WORK_OUTBOX)
def change_recipient(request: OrganizationRequest, recipient_id: int) -> HttpResponse:
    """A recipient that failed gets the mail at another address."""
    rows = OutboxRecipient.objects.select_related("outbox")
    recipient: OutboxRecipient = get_object_or_404(rows, pk=recipient_id)
    address = request.POST.get("address", "")

    def change() -> str:
        settling.change_address(recipient, address=address, actor=request.membership)
        return _("It is being sent to %(address)s.") % {"address": address.strip()}

    return _done(request, change)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def resume_outgoing_server(request: OrganizationRequest, server_id: UUID) -> HttpResponse:
    """What waits for a paused server is sent."""
    server: OutgoingServer = get_object_or_404(OutgoingServer.objects.all(), pk=server_id)

    def resume() -> str:
        count = resume_paused(server, actor=request.membership)
        return ngettext("%(n)d mail is being sent.", "%(n)d mails are being sent.", count) % {"n": count}

    return _done(request, resume)


def _done(request: OrganizationRequest, act: Callable[[], str]) -> HttpResponse:
    """What the action says stands on the list, or why it was refused."""
    try:
        toast_on_next_page(request, act())
    except DomainError as refused:
        toast_on_next_page(request, refused.sentence, tone="bad")
    shown = request.POST.get("show", "")
    response = redirect(request, "outbox", slug=request.organization.slug)
    if shown in FILTERS and "Location" in response.headers:
        response["Location"] = f"{response['Location']}?show={shown}"
    return response
