"""Writes the rest of a mail into the message that was made from its headers: no second message, nothing else moves.

The ticket's status, its turn and its order stay: the mail was counted when its headers came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ticketing.inbound.envelope import Envelope
from ticketing.inbound.files import files_of
from ticketing.inbound.message_rows import attachment_row, content_fields, search_document
from ticketing.inbound.placeholders import Placeholder
from ticketing.inbound.ticket_rows import has_files, snippet_of
from ticketing.models import Attachment, EventKind, Message, MessageReference, SearchDocument, Ticket, TicketEvent
from ticketing.services.references import id_hash


@dataclass(frozen=True, slots=True)
class Completion:
    """A mail and the message it completes."""

    envelope: Envelope
    placeholder: Placeholder
    moment: datetime


def complete(completion: Completion, *, position: int, blobs: Mapping[str, int]) -> None:
    """The message shows the whole mail, search finds it, and the history says who fetched it.

    position: of the history's entry; blobs: ids by hash of every file of the mail. In the caller's transaction.
    """
    _fill_message(completion)
    _exchange_files(completion, blobs)
    _add_references(completion)
    _adjust_ticket(completion, position=position)
    _note(completion, position=position)


def _fill_message(completion: Completion) -> None:
    envelope, message_id = completion.envelope, completion.placeholder.message_id
    found_by = search_document(envelope, files_of(envelope))
    fields = content_fields(envelope, found_by)
    Message.objects.filter(id=message_id).update(raw_id=envelope.delivery.raw_id, **fields)
    SearchDocument.objects.filter(message_id=message_id).update(body=found_by.body)


def _exchange_files(completion: Completion, blobs: Mapping[str, int]) -> None:
    """The stand-in is gone, and what the headers alone may have looked like."""
    message_id = completion.placeholder.message_id
    Attachment.objects.filter(message_id=message_id).delete()
    Attachment.objects.bulk_create(
        attachment_row(file, message_id=message_id, blobs=blobs, moment=completion.moment)
        for file in files_of(completion.envelope)
    )


def _add_references(completion: Completion) -> None:
    """Ids that a header block cut short did not hold."""
    found = completion.placeholder
    own = completion.envelope.mail.message_id
    hashes = dict.fromkeys(map(id_hash, completion.envelope.answers))
    hashes.pop(id_hash(own) if own else "", None)
    known = set(MessageReference.objects.filter(ticket_id=found.ticket_id).values_list("id_hash", flat=True))
    MessageReference.objects.bulk_create(
        MessageReference(message_id=found.message_id, ticket_id=found.ticket_id, id_hash=key, is_own=False)
        for key in hashes
        if key not in known
    )


def _adjust_ticket(completion: Completion, *, position: int) -> None:
    found, envelope = completion.placeholder, completion.envelope
    changes: dict[str, object] = {
        "last_position": position,
        "has_attachments": found.has_other_files or has_files(envelope),
    }
    if found.is_newest:
        changes["snippet"] = snippet_of(envelope)
    Ticket.objects.filter(id=found.ticket_id).update(**changes)


def _note(completion: Completion, *, position: int) -> None:
    delivery = completion.envelope.delivery
    TicketEvent.objects.create(
        ticket_id=completion.placeholder.ticket_id,
        position=position,
        kind=EventKind.MESSAGE_COMPLETED,
        actor_id=delivery.wished_by_id,
        cause="agent" if delivery.wished_by_id else "mail",
        origin="worker",
        message_id=completion.placeholder.message_id,
        data={"size_bytes": delivery.size_bytes},
        at=completion.moment,
    )
