"""The rows of an answer that was written here: message, people, ids, files, search, events, the ticket's columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.lib.text import clean_line
from helpdesk.tenancy import counters
from mailboxes.models import OutboxMessage
from ticketing.models import (
    ALLOWED_TRANSITIONS,
    Draft,
    DraftMode,
    EventKind,
    Message,
    MessageKind,
    MessageRecipient,
    MessageReference,
    Status,
    ThreadReason,
    Ticket,
    TicketEvent,
)
from ticketing.outbound.content import Content
from ticketing.outbound.envelopes import Outside
from ticketing.outbound.sent_files import attach
from ticketing.services.history import Author, by_author
from ticketing.services.reading import mark_read
from ticketing.services.references import id_hash
from ticketing.services.search import index_message
from ticketing.services.tag_learning import learn_solved

SNIPPET_CHARS = 200


@dataclass(frozen=True)
class Written:
    """An answer that is in the outbox, and the ticket it belongs to, locked."""

    ticket: Ticket
    author: Author
    outside: Outside
    content: Content
    outbox: OutboxMessage
    mode: DraftMode
    answered: Message | None
    status_after: Status | None
    mark: str | None


def write_reply(written: Written) -> Message:
    """The answer stands in the ticket. Inside the caller's transaction, as its last step.

    Raises DomainError (status_not_allowed).
    """
    ticket = written.ticket
    status = _status_after(written)
    events = [(EventKind.REPLY_WRITTEN, _reply_data(written))]
    if status != ticket.status:
        events.append((EventKind.STATUS_CHANGED, {"from": ticket.status, "to": status.value}))
    last_position = counters.take(events=len(events)).event_position
    position = last_position - len(events) + 1
    message = _message_row(written, position=position)
    _write_events(written, events=events, first_position=position, message=message)
    _write_people(written, message=message)
    attach(written.content.files, message=message)
    _index(written, message=message)
    _update_ticket(written, status=status, last_position=last_position)
    if status in (Status.SOLVED, Status.CLOSED) and len(events) > 1:
        learn_solved([ticket], by=by_author(written.author))
    if isinstance(written.author, Membership):
        mark_read(ticket, reader=written.author)
        Draft.objects.filter(ticket=ticket, membership=written.author, mode=written.mode).delete()
    return message


def _status_after(written: Written) -> Status:
    before = Status(written.ticket.status)
    after = written.status_after or (Status.OPEN if before is Status.NEW else before)
    if after is not before and after not in ALLOWED_TRANSITIONS[before]:
        sentence = _("The ticket is “%(before)s” and cannot become “%(after)s”.")
        raise DomainError(sentence % {"before": before.label, "after": after.label}, code="status_not_allowed")
    return after


def _reply_data(written: Written) -> Mapping[str, Any]:
    """What undoing needs to put the ticket back."""
    ticket = written.ticket
    return {
        "mode": written.mode.value,
        "answers": written.answered.id if written.answered else None,
        "before": {
            "status": ticket.status,
            "needs_reply": ticket.needs_reply,
            "waiting_since": _text(ticket.waiting_since),
            "snippet": ticket.snippet,
            "last_author": ticket.last_author,
            "active_at": _text(ticket.active_at),
            "solved_at": _text(ticket.solved_at),
            "closed_at": _text(ticket.closed_at),
            "has_attachments": ticket.has_attachments,
            "position": ticket.last_position,
        },
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _message_row(written: Written, *, position: int) -> Message:
    outside, content, by = written.outside, written.content, by_author(written.author)
    message: Message = Message.objects.create(
        ticket=written.ticket,
        kind=MessageKind.OUTBOUND,
        position=position,
        author=by.actor,
        integration=by.integration,
        from_name=outside.sender.name,
        from_address=outside.sender.address,
        subject=outside.subject,
        text=content.text,
        reply_text=content.text,
        html=content.html,
        message_id=outside.message_id,
        created_at=clock.now(),
        outbox=written.outbox,
        token_id=outside.token_id,
        thread_reason=ThreadReason.WRITTEN_HERE,
        written_mark=written.mark,
    )
    return message


def _write_events(
    written: Written, *, events: list[tuple[EventKind, Mapping[str, Any]]], first_position: int, message: Message
) -> None:
    by = by_author(written.author)
    TicketEvent.objects.bulk_create(
        TicketEvent(
            ticket=written.ticket,
            position=first_position + offset,
            kind=kind,
            actor=by.actor,
            integration=by.integration,
            cause=by.cause,
            origin=by.origin,
            message=message if kind is EventKind.REPLY_WRITTEN else None,
            data=dict(data),
            at=message.created_at,
        )
        for offset, (kind, data) in enumerate(events)
    )


def _write_people(written: Written, *, message: Message) -> None:
    outside = written.outside
    headers = (("to", outside.to), ("cc", outside.cc), ("bcc", outside.bcc))
    MessageRecipient.objects.bulk_create(
        MessageRecipient(message=message, header=header, name=address.name, address=address.address.lower())
        for header, addresses in headers
        for address in addresses
    )
    MessageReference.objects.create(
        message=message, ticket=written.ticket, id_hash=id_hash(outside.message_id), is_own=True
    )


def _index(written: Written, *, message: Message) -> None:
    outside = written.outside
    people = [text for a in (*outside.to, *outside.cc) for text in (a.name, a.address)]
    names = [sent.file.filename for sent in written.content.files if not sent.file.content_id]
    texts = (outside.subject, str(written.author), *people, *names, written.content.text)
    index_message(ticket_id=written.ticket.id, message_id=message.id, texts=texts)


def _update_ticket(written: Written, *, status: Status, last_position: int) -> None:
    ticket, moment = written.ticket, clock.now()
    if status != ticket.status:
        ticket.status = status
        ticket.solved_at = moment if status in (Status.SOLVED, Status.CLOSED) else None
        ticket.closed_at = moment if status is Status.CLOSED else None
    if written.mode is DraftMode.REPLY:
        ticket.needs_reply = False
        ticket.waiting_since = None
    ticket.snippet = " ".join(clean_line(written.content.text[:1000]).split())[:SNIPPET_CHARS]
    ticket.last_author = str(written.author)[:120]
    ticket.has_attachments |= any(not sent.file.content_id for sent in written.content.files)
    ticket.message_count += 1
    ticket.last_position = last_position
    ticket.active_at = moment
    ticket.save()
