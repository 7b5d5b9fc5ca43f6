"""Tickets and messages that another system brought: written here as they were written there, and sent to nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from helpdesk.lib import clock
from helpdesk.lib.text import clean_line
from helpdesk.tenancy import counters
from ticketing.mail.compose import OutgoingFile
from ticketing.mail.filetypes import sniff_type
from ticketing.mail.html_text import html_to_text
from ticketing.mail.sanitize import sanitize_html
from ticketing.models import (
    Contact,
    ContactAddress,
    EventKind,
    Integration,
    Message,
    MessageKind,
    MessageReference,
    Priority,
    Status,
    SyncedMessage,
    ThreadReason,
    Ticket,
)
from ticketing.outbound.content import stored_files
from ticketing.outbound.sent_files import attach
from ticketing.services.contact_companies import company_of_new_ticket
from ticketing.services.contacts import add_contact, unknown_sender
from ticketing.services.history import By, Happening, record
from ticketing.services.references import id_hash
from ticketing.services.search import index_message
from ticketing.services.syncing.mapping import Person, Said, SaidMessage
from ticketing.services.syncing.said_files import SaidFile

SNIPPET_CHARS = 200
_EVENTS = {
    MessageKind.INBOUND: EventKind.MESSAGE_RECEIVED,
    MessageKind.OUTBOUND: EventKind.REPLY_WRITTEN,
    MessageKind.NOTE: EventKind.NOTE_WRITTEN,
}


def open_ticket(said: Said, message: SaidMessage, *, integration: Integration, by: By) -> Ticket:
    """A ticket stands here for the one there, with its first message. Inside the caller's transaction."""
    moment = message.written_at or said.at or clock.now()
    moment = min(moment, clock.now())
    asker = said.requester if said.requester.address else message.sender
    contact = _contact(asker, at=moment)
    company, said_of_it = company_of_new_ticket(contact, mailbox=None)
    status = said.status or Status.NEW
    ticket: Ticket = Ticket.objects.create(
        number=counters.take(tickets=1).ticket_number,
        subject=said.subject or "",
        status=status,
        priority=said.priority or Priority.NORMAL,
        requester=contact,
        company=company,
        requester_name=(asker.name or contact.name or asker.address)[:200],
        created_at=moment,
        active_at=moment,
        solved_at=moment if status in (Status.SOLVED, Status.CLOSED) else None,
        closed_at=moment if status == Status.CLOSED else None,
    )
    add_message(ticket, message, integration=integration, by=by, opening=said_of_it)
    return ticket


def add_message(
    ticket: Ticket, said: SaidMessage, *, integration: Integration, by: By, opening: Mapping[str, Any] | None = None
) -> Message | None:
    """The message stands in the ticket, once; None if it was here already. The ticket is locked by the caller.

    No mail leaves: the other system has sent what there was to send. opening: of a ticket's first message, what the
    history says of the ticket.
    """
    if _is_known(said, integration=integration):
        return None
    is_first = opening is not None
    files = stored_files([_outgoing(file) for file in said.files])
    message = _message_row(ticket, said, integration=integration, is_first=is_first)
    attach(files, message=message)
    kind = EventKind.TICKET_OPENED if is_first else _EVENTS[said.kind]
    [position] = record([Happening(ticket, kind, opening or {}, message_id=message.pk)], by=by)
    Message.objects.filter(pk=message.pk).update(position=position)
    if said.mail_id:
        MessageReference.objects.create(message=message, ticket=ticket, id_hash=id_hash(said.mail_id), is_own=True)
    if said.external_id:
        SyncedMessage.objects.create(integration=integration, external_id=said.external_id, message=message)
    names = [file.filename for file in said.files]
    texts = (ticket.subject, message.from_name, message.from_address, *names, message.text)
    index_message(ticket_id=ticket.pk, message_id=message.pk, texts=texts)
    _update_ticket(ticket, message, has_files=bool(files))
    return message


def ticket_of_mail(mail_id: str) -> Ticket | None:
    """The ticket in which this very mail stands, if it came here by itself as well."""
    own = MessageReference.objects.filter(id_hash=id_hash(mail_id), is_own=True).order_by("id").first()
    return own.ticket if own is not None else None


def _is_known(said: SaidMessage, *, integration: Integration) -> bool:
    if said.external_id:
        brought = SyncedMessage.objects.filter(integration=integration, external_id=said.external_id)
        if brought.exists():
            return True
    return bool(said.mail_id) and ticket_of_mail(said.mail_id) is not None


def _message_row(ticket: Ticket, said: SaidMessage, *, integration: Integration, is_first: bool) -> Message:
    html = sanitize_html(said.html, image_url=lambda _reference: None) if said.html.strip() else None
    text = said.text if said.text.strip() else html_to_text(said.html)
    is_customer = said.kind is MessageKind.INBOUND
    moment = min(said.written_at or clock.now(), clock.now())
    message: Message = Message.objects.create(
        ticket=ticket,
        kind=said.kind,
        position=-1,  # its event's, once that is written; no message keeps this one
        contact=_contact(said.sender, at=moment) if is_customer else None,
        integration=integration,
        from_name=said.sender.name[:200],
        from_address=said.sender.address[:320],
        subject=ticket.subject,
        text=text,
        reply_text=text,
        html=html.html if html is not None else "",
        remote_images=html.remote_images if html is not None else 0,
        message_id=said.mail_id,
        claimed_at=said.written_at,
        created_at=moment,
        thread_reason=ThreadReason.NEW if is_first else ThreadReason.BROUGHT_IN,
        thread_detail=clean_line(said.external_id)[:200],
    )
    return message


def _outgoing(file: SaidFile) -> OutgoingFile:
    """The file as it is stored; its type is what its bytes say."""
    kind = sniff_type(file.content, declared="", filename=file.filename)
    return OutgoingFile(filename=file.filename, content_type=kind, content=file.content)


def _contact(person: Person, *, at: datetime) -> Contact:
    if not person.address:
        return unknown_sender(at=at)
    known = ContactAddress.objects.select_related("contact").filter(address=person.address).first()
    return known.contact if known is not None else add_contact(person.address, name=person.name, at=at)


def _update_ticket(ticket: Ticket, message: Message, *, has_files: bool) -> None:
    """The columns of lists; a note is no activity of the conversation. The status is the other call's to say."""
    ticket.message_count += 1
    ticket.has_attachments |= has_files
    if message.kind == MessageKind.NOTE:
        ticket.has_notes = True
        ticket.save(update_fields=["message_count", "has_attachments", "has_notes"])
        return
    is_customer = message.kind == MessageKind.INBOUND
    ticket.snippet = " ".join(clean_line(message.text[:1000]).split())[:SNIPPET_CHARS]
    ticket.last_author = (message.from_name or message.from_address)[:120]
    ticket.active_at = max(ticket.active_at, message.created_at)
    ticket.needs_reply = is_customer
    ticket.waiting_since = (ticket.waiting_since or message.created_at) if is_customer else None
    columns = [
        "message_count",
        "has_attachments",
        "snippet",
        "last_author",
        "active_at",
        "needs_reply",
        "waiting_since",
    ]
    ticket.save(update_fields=columns)
