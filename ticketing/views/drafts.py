"""Saving and discarding what is being written, and changing between reply, note and forward."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_POST

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect, wants_part
from ticketing.models import DraftMode, Message, MessageKind, Ticket
from ticketing.queries.composer import proposed_people
from ticketing.services.drafts import choose_message, discard_draft, save_draft
from ticketing.services.written_once import is_written
from ticketing.views.composer import (
    mode_named,
    posted_mark,
    read_writing,
    take_files,
    ticket_address,
    whole_number,
    writable_ticket,
    writing_response,
)

AUTOSAVE_HEADER = "X-Requested-With"  # sent by static/js/autosave.js, which only wants to know that it was taken


@require_POST
@requires(Capability.WORK_TICKETS)
def draft(request: OrganizationRequest, number: int) -> HttpResponse:
    """What was written is saved. `next_mode` asks for the composer of that mode; else back to the same.

    `choose`, "reply 42" or "forward 42", asks for an answer to that message, or for forwarding it.
    """
    ticket = writable_ticket(request, number)
    writing = read_writing(request.POST)
    save_draft(ticket, author=request.membership, writing=writing)
    if is_written(ticket, mark=posted_mark(request, writing)):  # on its way when it was sent, and later than that
        discard_draft(ticket, author=request.membership, mode=writing.mode)
    mode = mode_named(request.POST.get("next_mode", writing.mode))
    try:
        take_files(request, ticket, mode=writing.mode)
    except DomainError as refused:
        said = {"sentence": refused.sentence, "code": refused.code}
        return writing_response(request, ticket, mode=mode, status=422, **said)
    if "choose" in request.POST:
        mode = _choose(request, ticket)
    if request.headers.get(AUTOSAVE_HEADER) == "fetch":
        return HttpResponse(status=204)
    if wants_part(request):
        return writing_response(request, ticket, mode=mode)
    return _to_mode(request, ticket_address(request, ticket), mode)


@require_POST
@requires(Capability.WORK_TICKETS)
def discarded_draft(request: OrganizationRequest, number: int) -> HttpResponse:
    """Nothing is left of the draft of the posted mode."""
    ticket = writable_ticket(request, number)
    mode = mode_named(request.POST.get("mode", ""))
    discard_draft(ticket, author=request.membership, mode=mode)
    if wants_part(request):
        return writing_response(request, ticket, mode=mode)
    return _to_mode(request, ticket_address(request, ticket), mode)


def _choose(request: OrganizationRequest, ticket: Ticket) -> DraftMode:
    """The message is chosen; gives the mode. Raises Http404 for what is no mail of the ticket."""
    name, _, message_id = request.POST["choose"].partition(" ")
    mails = Message.objects.filter(ticket=ticket).exclude(kind=MessageKind.NOTE)
    message = mails.prefetch_related("recipients").filter(pk=whole_number(message_id)).first()
    if message is None or name not in (DraftMode.REPLY, DraftMode.FORWARD):
        raise Http404
    mode = DraftMode(name)
    to, cc = proposed_people(message)
    choose_message(ticket, author=request.membership, mode=mode, message=message, to=to, cc=cc)
    return mode


def _to_mode(request: OrganizationRequest, address: str, mode: DraftMode) -> HttpResponse:
    return redirect(request, f"{address}{'&' if '?' in address else '?'}mode={mode.value}")
