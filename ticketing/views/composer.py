"""Sending what stands in the composer: a reply, a forward or a note. The text is saved before anything else happens."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import page_or_part, redirect, wants_part
from ticketing.mail.rich_text import from_text, plain_text
from ticketing.mail.values import Address
from ticketing.models import Draft, DraftMode, Message, Status, Ticket
from ticketing.outbound.replies import Answer, NewerMessages, queue_forward, queue_reply
from ticketing.queries.composer import composer_of, default_status, names_on, parse_people, tokens
from ticketing.queries.tickets import ticket_numbered, view_named
from ticketing.queries.unseen import Unseen
from ticketing.services.drafts import Writing, discard_draft, save_draft
from ticketing.services.notes import add_note
from ticketing.services.uploads import add_file
from ticketing.services.written_once import is_written, mark_of
from ticketing.views.ticket import ticket_context

_HEADERS = ("to", "cc", "bcc")


def writable_ticket(request: OrganizationRequest, number: int) -> Ticket:
    """The ticket, for who may write on it. Raises Http404; a merged one takes nothing any more."""
    ticket = ticket_numbered(number, actor=request.membership)
    if ticket is None or ticket.merged_into is not None:
        raise Http404
    return ticket


def mode_named(text: str) -> DraftMode:
    """The mode of that name; a reply when there is none."""
    return DraftMode(text) if text in DraftMode.values else DraftMode.REPLY


@require_POST
@requires(Capability.WORK_TICKETS)
def answer(request: OrganizationRequest, number: int) -> HttpResponse:
    """The answer is on its way, or the note stands in the ticket; what is refused stays, with the reason.

    422 with the sentence; 409 with the messages that came meanwhile. Sent twice it is there once, with the same answer.
    """
    ticket = writable_ticket(request, number)
    writing = read_writing(request.POST)
    mark = posted_mark(request, writing)
    if is_written(ticket, mark=mark):
        return redirect(request, ticket_address(request, ticket))
    draft = save_draft(ticket, author=request.membership, writing=writing)
    try:
        take_files(request, ticket, mode=writing.mode)
        _send(draft, ticket=ticket, request=request, mark=mark)
    except DomainError as refused:
        if not is_written(ticket, mark=mark):
            return _refusal(request, ticket, mode=writing.mode, refused=refused)
        discard_draft(ticket, author=request.membership, mode=writing.mode)  # the same press twice, at the same time
    return redirect(request, ticket_address(request, ticket))


def _refusal(request: OrganizationRequest, ticket: Ticket, *, mode: DraftMode, refused: DomainError) -> HttpResponse:
    if isinstance(refused, NewerMessages):
        return writing_response(request, ticket, mode=mode, status=409, unseen=refused.unseen)
    return writing_response(request, ticket, mode=mode, status=422, sentence=refused.sentence, code=refused.code)


def ticket_address(request: OrganizationRequest, ticket: Ticket) -> str:
    """The page of the ticket, in the view the person came from."""
    address = reverse("ticket", kwargs={"slug": request.organization.slug, "number": ticket.number})
    view = request.POST.get("view", "")
    return f"{address}?view={view}" if view_named(view) else address


def read_writing(posted: QueryDict) -> Writing:
    """What the form sends. Without script there is a plain text field beside the editor's, which then counts."""
    html = posted.get("html", "")
    text = posted.get("text")
    if text is not None and text.strip() != plain_text(html).strip():
        html = from_text(text)
    without = posted.get("without", "")  # the button of a recipient, pressed without script: its field and its value
    to, cc, bcc = ([each for each in posted.getlist(name) if f"{name} {each}" != without] for name in _HEADERS)
    return Writing(
        mode=mode_named(posted.get("mode", "")),
        html=html,
        to=to,
        cc=cc,
        bcc=bcc,
        answers_id=whole_number(posted.get("answers", "")) or None,
        seen_position=whole_number(posted.get("seen_position", "")),
    )


def posted_mark(request: OrganizationRequest, writing: Writing) -> str | None:
    """What tells that the same form was sent before; see `written_once`."""
    names = [file.name or "" for file in request.FILES.getlist("file")]
    return mark_of(request.POST.get("key", ""), author=request.membership, writing=writing, file_names=names)


def take_files(request: OrganizationRequest, ticket: Ticket, *, mode: DraftMode) -> None:
    """Files that came with the form are in the draft; with script they came before, each by itself. As `add_file`."""
    for file in request.FILES.getlist("file"):
        add_file(ticket, author=request.membership, mode=mode, file=file, name=file.name or "")


def writing_response(
    request: OrganizationRequest, ticket: Ticket, *, mode: DraftMode, status: int = 200, **said: Any
) -> HttpResponse:
    """The composer alone for htmx, else the whole ticket around it. said: sentence and code, or what is unseen."""
    unseen: Unseen | None = said.get("unseen")
    seen = unseen.position if unseen else whole_number(request.POST.get("seen_position", ""))
    composer = composer_of(ticket, author=request.membership, mode=mode, seen_position=seen)
    alone = {"ticket": ticket, "may_work": True, "composer": composer}
    around = alone if wants_part(request) else ticket_context(request, ticket, composer=composer)
    context = {**around, "is_open": True, **said}
    return page_or_part(request, "ticketing/ticket.html", "ticketing/_composer.html", context, status=status)


def _send(draft: Draft, *, ticket: Ticket, request: OrganizationRequest, mark: str | None) -> Message:
    attachments = list(draft.attachments.select_related("blob").order_by("id"))
    if draft.mode == DraftMode.NOTE:
        return add_note(ticket, author=request.membership, html=draft.html, attachments=attachments, mark=mark)
    to, cc, bcc = _recipients(draft)
    to_send = Answer(
        html=draft.html,
        to=to,
        cc=cc,
        bcc=bcc,
        seen_position=whole_number(request.POST.get("seen_position", "")),
        attachments=attachments,
        status_after=_status_after(request.POST.get("status_after", ""), ticket=ticket),
        mark=mark,
    )
    if draft.mode == DraftMode.FORWARD:
        if draft.answers is None:
            raise DomainError(_("There is no mail here to forward."), code="nothing_to_forward")
        return queue_forward(ticket, author=request.membership, answer=to_send, original=draft.answers)
    return queue_reply(ticket, author=request.membership, answer=to_send, answered=draft.answers)


def _recipients(draft: Draft) -> tuple[list[Address], list[Address], list[Address]]:
    """To, Cc and Bcc. Raises DomainError (bad_address) for what is none, before anything is made of it."""
    names = names_on(draft.answers) if draft.answers else {}
    for text in (*draft.to, *draft.cc, *draft.bcc):
        for token in tokens([text], names=names):
            if token.is_bad:
                sentence = _("“%(address)s” is not an e-mail address.") % {"address": token.label[:100]}
                raise DomainError(sentence, code="bad_address")
    to, cc, bcc = (parse_people(texts, names=names) for texts in (draft.to, draft.cc, draft.bcc))
    return to, cc, bcc


def _status_after(text: str, *, ticket: Ticket) -> Status:
    return Status(text) if text in Status.values else Status(default_status(ticket))


def whole_number(text: str) -> int:
    """What the field says, 0 for anything that is no number."""
    return int(text) if text.isdecimal() and len(text) < 19 else 0
