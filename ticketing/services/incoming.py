"""Words of a customer that came another way than mail: an integration brings them. Mail does not pass here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.lib.text import clean_line, clean_text
from helpdesk.tenancy import counters
from ticketing.inbound.effects import REOPENED_BY_ANSWER
from ticketing.mail.compose import OutgoingFile
from ticketing.mail.html_text import html_to_text
from ticketing.mail.sanitize import sanitize_html
from ticketing.models import (
    Contact,
    EventKind,
    Message,
    MessageKind,
    MessageRecipient,
    Status,
    ThreadReason,
    Ticket,
)
from ticketing.outbound.content import SentFile, stored_files
from ticketing.outbound.sent_files import attach
from ticketing.services.history import By, Happening, record
from ticketing.services.search import index_message

SNIPPET_CHARS = 200
_SNIPPET_SOURCE_CHARS = 1000


@dataclass(frozen=True)
class Words:
    """What a customer says."""

    contact: Contact
    address: str  # of the contact, lower-cased
    text: str = field(default="", repr=False)
    html: str = field(default="", repr=False)  # as it came; where there is any, the text is made from it
    files: Sequence[OutgoingFile] = field(default=(), repr=False)


@dataclass(frozen=True)
class Incoming:
    """The same, cleaned and with its files stored."""

    contact: Contact
    address: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    remote_images: int
    files: tuple[SentFile, ...] = field(repr=False)

    @property
    def snippet(self) -> str:
        """The beginning, on one line."""
        return " ".join(clean_line(self.text[:_SNIPPET_SOURCE_CHARS]).split())[:SNIPPET_CHARS]


def make_incoming(words: Words) -> Incoming:
    """The words may be written. Stores files, so it comes before the rows. Raises DomainError: empty, storage_down."""
    clean = sanitize_html(clean_text(words.html), image_url=lambda _source: None) if words.html else None
    text = html_to_text(clean.html) if clean else clean_text(words.text).replace("\r\n", "\n")
    if not text.strip() and not words.files:
        raise DomainError(_("Write something first."), code="empty")
    return Incoming(
        contact=words.contact,
        address=words.address,
        text=text,
        html=clean.html if clean else "",
        remote_images=clean.remote_images if clean else 0,
        files=tuple(stored_files(words.files)),
    )


def add_incoming(ticket: Ticket, *, words: Words, by: By) -> Message:
    """The customer's words are in the ticket, which waits for us again. Inside the scope.

    Raises DomainError: empty, storage_down, ticket_closed (what comes to a closed one opens another).
    """
    incoming = make_incoming(words)
    with transaction.atomic():
        counters.take()  # positions before tickets, as intake locks them
        locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
        if locked.status == Status.CLOSED:
            sentence = _("#%d is closed. Open another ticket for what is new.") % locked.number
            raise DomainError(sentence, code="ticket_closed")
        message = write_incoming(locked, incoming=incoming, reason=ThreadReason.BROUGHT_IN, by=by)
        happenings = [Happening(locked, EventKind.MESSAGE_RECEIVED, message_id=message.pk)]
        if locked.status in REOPENED_BY_ANSWER:
            happenings.append(
                Happening(locked, EventKind.STATUS_CHANGED, {"from": locked.status, "to": Status.OPEN.value})
            )
            locked.status, locked.solved_at, locked.closed_at = Status.OPEN, None, None
        place(message, position=record(happenings, by=by)[0])
        locked.save()
    return message


def write_incoming(ticket: Ticket, *, incoming: Incoming, reason: ThreadReason, by: By) -> Message:
    """Message, people, files and words for search are there; the ticket's columns say so but are not saved.

    The message has no position yet: `place` it. Inside the caller's transaction.
    """
    moment = clock.now()
    name = clean_line(incoming.contact.name)[:200]
    message: Message = Message.objects.create(
        ticket=ticket,
        kind=MessageKind.INBOUND,
        position=-1,
        contact=incoming.contact,
        integration=by.integration,
        from_name=name,
        from_address=incoming.address,
        subject=ticket.subject,
        text=incoming.text,
        reply_text=incoming.text,
        html=incoming.html,
        remote_images=incoming.remote_images,
        created_at=moment,
        thread_reason=reason,
    )
    _write_recipient(message, ticket=ticket)
    attach(incoming.files, message=message)
    names = [sent.file.filename for sent in incoming.files]
    texts = (ticket.subject, name, incoming.address, *names, incoming.text)
    index_message(ticket_id=ticket.pk, message_id=message.pk, texts=texts)
    _show_on(ticket, incoming=incoming, author=name or incoming.address, at=moment)
    return message


def place(message: Message, *, position: int) -> None:
    """The message stands at its event's place in the thread. Inside the caller's transaction."""
    Message.objects.filter(pk=message.pk).update(position=position)
    message.position = position


def _write_recipient(message: Message, *, ticket: Ticket) -> None:
    if ticket.mailbox is not None:
        MessageRecipient.objects.create(
            message=message, header="to", name=ticket.mailbox.name, address=ticket.mailbox.address.lower()
        )


def _show_on(ticket: Ticket, *, incoming: Incoming, author: str, at: datetime) -> None:
    ticket.snippet = incoming.snippet
    ticket.last_author = author[:120]
    ticket.message_count += 1
    ticket.has_attachments |= bool(incoming.files)
    ticket.needs_reply = True
    ticket.waiting_since = ticket.waiting_since or at
    ticket.active_at = max(ticket.active_at, at)
