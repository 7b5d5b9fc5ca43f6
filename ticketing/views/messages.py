"""One message of a ticket: its remote images, its original look, how it is delivered, and taking it back."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.middleware import redirect_to_sign_in
from helpdesk.accounts.models import Membership
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import as_on_screen, page_or_part, redirect
from helpdesk.web.toasts import toast_on_next_page
from ticketing.models import Message, Ticket
from ticketing.outbound.undoing import undo_reply
from ticketing.queries.delivery import delivery_of
from ticketing.queries.originals import original_page
from ticketing.queries.remote_images import read_address
from ticketing.queries.thread import entry_of
from ticketing.queries.tickets import view_named
from ticketing.services.remote_images import NoImage, fetch_image
from ticketing.views.attachments import FILE_POLICY
from ticketing.views.queue import DEFAULT_VIEW
from ticketing.views.ticket import ticket_context, visible_ticket

# The frame's own walls, whatever the page around it allows.
FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src 'self' data:;"
    " style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
_IMAGE_CACHE = "private, max-age=86400, immutable"


@require_POST
@requires(Capability.VIEW_TICKETS)
def message_images(request: OrganizationRequest, number: int, message_id: int) -> HttpResponse:
    """The body of the message with its remote images, which come through our proxy."""
    ticket, message = message_or_404(request, number, message_id)
    context = {"ticket": ticket, "entry": entry_of(message), "shows_remote": True, "images_of": message.pk}
    if not request.htmx:
        context = ticket_context(request, ticket) | {"images_of": message.pk}
    return page_or_part(request, "ticketing/ticket.html", "ticketing/_message_body.html", context)


@require_safe
@requires(Capability.VIEW_TICKETS)
def original(request: OrganizationRequest, number: int, message_id: int) -> HttpResponse:
    """A page around the frame with the message as its sender made it look."""
    ticket, message = message_or_404(request, number, message_id)
    shows_remote = "images" in request.GET
    may_read_raw = can(request.membership, Capability.VIEW_INBOUND_LOG) and message.raw_id is not None
    context = {"ticket": ticket, "message": message, "shows_remote": shows_remote, "may_read_raw": may_read_raw}
    return render(request, "ticketing/original.html", context)


@require_safe
@requires(Capability.VIEW_TICKETS)
def original_frame(request: OrganizationRequest, number: int, message_id: int) -> HttpResponse:
    """What stands in the frame: the sanitised mail with its own look, behind a policy of its own."""
    _, message = message_or_404(request, number, message_id)
    response = HttpResponse(original_page(message, shows_remote="images" in request.GET))
    response["Content-Security-Policy"] = FRAME_POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
def remote_image(request: HttpRequest, signed: str) -> HttpResponse:
    """An image from elsewhere that a mail of the person's organization names; 404 when it cannot be had."""
    named = read_address(signed)
    if named is None:
        raise Http404
    if not named.is_for_frame:
        if not request.user.is_authenticated:
            return redirect_to_sign_in(request)
        members = Membership.objects.filter(user_id=request.user.pk, organization_id=named.organization_id)
        if not any(can(member, Capability.VIEW_TICKETS) for member in members):
            raise Http404
    try:
        image = fetch_image(named.url)
    except NoImage:
        return HttpResponse(status=404)
    response = HttpResponse(image.content, content_type=image.content_type)
    response["Content-Security-Policy"] = FILE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = _IMAGE_CACHE
    if named.is_for_frame:  # the frame is an origin of its own
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
@requires(Capability.VIEW_TICKETS)
def delivery(request: OrganizationRequest, number: int, message_id: int) -> HttpResponse:
    """How the delivery of the message stands; asks again by itself while it goes on."""
    ticket, message = message_or_404(request, number, message_id)
    context = {"ticket": ticket, "message": message, "deliveries": delivery_of([message])}
    context["may_work"] = can(request.membership, Capability.WORK_TICKETS)
    return render(request, "ticketing/_delivery.html", context)


@require_POST
@requires(Capability.WORK_TICKETS)
def undone_answer(request: OrganizationRequest, number: int, message_id: int) -> HttpResponse:
    """The answer never leaves and is a draft again; when it is too late, the page says so."""
    ticket, message = message_or_404(request, number, message_id)
    address = reverse("ticket", kwargs={"slug": request.organization.slug, "number": ticket.number})
    view = as_on_screen(request).GET.get("view", "")
    address = f"{address}?view={view if view_named(view) else DEFAULT_VIEW}"
    try:
        draft = undo_reply(message, author=request.membership)
    except DomainError as refused:
        toast_on_next_page(request, refused.sentence, tone="bad")
        return redirect(request, address)
    toast_on_next_page(request, _("Taken back. Nothing was sent."))
    return redirect(request, f"{address}&mode={draft.mode}")


def message_or_404(request: OrganizationRequest, number: int, message_id: int) -> tuple[Ticket, Message]:
    """The ticket and its message with people, files and outbox, for who may see them. Raises Http404."""
    ticket = visible_ticket(number, request.membership)
    messages = Message.objects.filter(ticket=ticket).select_related(
        "author__user", "contact", "outbox", "bounce_of__ticket"
    )
    message = messages.prefetch_related("recipients", "attachments").filter(pk=message_id).first()
    if message is None:
        raise Http404
    return ticket, message
