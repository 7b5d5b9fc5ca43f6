"""Writes the message of a mail: itself, its recipients, the ids that lead to it, its files, its words for search."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from helpdesk.lib.text import clean_line
from ticketing.inbound.decisions import Action
from ticketing.inbound.envelope import Envelope, RequesterSource
from ticketing.inbound.facts import Facts
from ticketing.inbound.files import KeptFile, files_of, without_repeats
from ticketing.inbound.kept_text import kept_text
from ticketing.inbound.remarks import stored_remarks
from ticketing.inbound.rows import Writes
from ticketing.inbound.ticket_rows import Change, author_of
from ticketing.inbound.unproven import SAID
from ticketing.models import (
    Attachment,
    Message,
    MessageKind,
    MessageRecipient,
    MessageReference,
    SearchDocument,
    ThreadReason,
)
from ticketing.services.references import id_hash
from ticketing.services.search import UNFOUND, Document, document


@dataclass(frozen=True, slots=True)
class Why:
    """Why the message is in its ticket."""

    reason: ThreadReason
    detail: str = ""
    is_external: bool = False


def write_surroundings(change: Change, writes: Writes) -> Document:
    """What hangs on the message will be there. Gives the words by which it is found."""
    envelope, ticket_id, message_id = change.envelope, change.ticket_id, change.message_id
    found_by = search_document(envelope, files_of(envelope))
    writes.insert(_recipients(envelope, message_id=message_id))
    writes.insert(_references(envelope, change.facts, ticket_id=ticket_id, message_id=message_id))
    if envelope.is_indexed:
        writes.insert([SearchDocument(ticket_id=ticket_id, message_id=message_id, body=found_by.body)])
    return found_by


def write_message(change: Change, writes: Writes, *, found_by: Document) -> None:
    """The message will be in the ticket. found_by: as `write_surroundings` gave it."""
    writes.insert([_message(change, found_by)])


def write_files(change: Change, writes: Writes, *, blobs: Mapping[str, int], known: Container[str]) -> None:
    """The files of the message, behind it.

    blobs: ids by hash of every file of the mail; known: the hashes of those that were kept before it.
    """
    writes.insert(
        attachment_row(
            file,
            message_id=change.message_id,
            blobs=blobs,
            moment=change.moment,
            public_id=change.mapped.file_ids.get(place),
        )
        for place, file in enumerate(without_repeats(files_of(change.envelope), known=known))
    )


def content_fields(envelope: Envelope, found_by: Document, *, drops_quotes: bool) -> dict[str, object]:
    """What the message shows of the mail's content, by field."""
    mail, kept = envelope.mail, kept_text(envelope, drops_quotes=drops_quotes)
    return {
        "text": kept.text,
        "reply_text": mail.reply_text,
        "html": kept.html,
        "remote_images": kept.remote_images,
        "is_automatic": mail.automation.is_auto,
        "auto_kind": (mail.automation.kind or "")[:24],
        "remarks": stored_remarks(envelope, is_search_capped=found_by.is_capped, left_out_quotes=kept.left_out),
    }


def _message(change: Change, found_by: Document) -> Message:
    envelope, mail = change.envelope, change.envelope.mail
    is_bounce, is_sent = change.decision.action is Action.BOUNCE, change.decision.is_sent
    why = _why(change)
    return Message(
        id=change.message_id,
        ticket_id=change.ticket_id,
        kind=MessageKind.BOUNCE if is_bounce else MessageKind.OUTBOUND if is_sent else MessageKind.INBOUND,
        position=change.message_position,
        contact_id=change.contact_id,
        from_name=envelope.sender_name,
        from_address=envelope.from_address,
        subject=envelope.subject,
        message_id=clean_line(mail.message_id or "")[:998],
        claimed_at=mail.date,
        created_at=envelope.delivery.received_at,
        raw_id=envelope.delivery.raw_id,
        thread_reason=why.reason,
        thread_detail=why.detail[:200],
        is_external=why.is_external,
        trust={} if is_bounce or is_sent else _trust(change),
        bounce_of_id=change.facts.failed.message_id if is_bounce and change.facts.failed else None,
        **content_fields(envelope, found_by, drops_quotes=_drops_quotes(change)),
    )


def _trust(change: Change) -> dict[str, object]:
    """What is known of the sender, and what From alone was good for."""
    said = change.decision.data.get(SAID)
    return {**change.facts.trust.stored, **({SAID: said} if said else {})}


def _drops_quotes(change: Change) -> bool:
    """Of an answer: what a mail that opens a ticket quotes is told nowhere else."""
    return change.decision.action is Action.ADD and change.facts.settings.drops_quotes


def attachment_row(
    file: KeptFile, *, message_id: int, blobs: Mapping[str, int], moment: datetime, public_id: UUID | None = None
) -> Attachment:
    """The row of one file; `blobs` has the id of its content by hash. public_id: that a field names it by."""
    return Attachment(
        public_id=public_id or uuid4(),
        message_id=message_id,
        blob_id=blobs[file.sha256] if file.sha256 else None,
        filename=file.filename[:200],
        content_type=file.content_type[:127],
        size_bytes=file.size_bytes,
        is_inline=file.is_inline,
        content_id=file.content_id[:400],
        note_code=file.note,
        note_data=dict(file.note_values),
        created_at=moment,
    )


def search_document(envelope: Envelope, files: Sequence[KeptFile]) -> Document:
    """The words by which the message is found; none where they are left out."""
    if not envelope.is_indexed:
        return UNFOUND
    mail = envelope.mail
    people = (text for recipient in envelope.recipients for text in (recipient.name, recipient.address))
    names = (file.filename for file in files if not file.is_inline)
    return document((mail.subject, author_of(envelope), envelope.sender, *people, *names, mail.text))


def _why(change: Change) -> Why:
    decision, facts = change.decision, change.facts
    if decision.action is Action.BOUNCE:
        return Why(ThreadReason.REPORT)
    match = facts.match
    if match is None:
        return Why(ThreadReason.NEW)
    if decision.follows:
        return Why(ThreadReason.FOLLOWS_CLOSED, " ".join(filter(None, (f"#{match.ticket.number}", match.detail))))
    if decision.action is Action.OPEN:
        return Why(ThreadReason.NEW)
    is_own = facts.is_by_one_of_ours(change.envelope) and not facts.trust.is_doubted
    is_ours = is_own or decision.is_sent
    return Why(match.reason, match.detail, is_external=not match.sender_is_known and not is_ours)


def _recipients(envelope: Envelope, *, message_id: int) -> Iterator[MessageRecipient]:
    requester = envelope.requester
    forwarded = requester if requester and requester.how is RequesterSource.FORWARDED else None
    for recipient in envelope.recipients:
        if forwarded is None or recipient.header != "reply_to":
            yield MessageRecipient(
                message_id=message_id, header=recipient.header, name=recipient.name, address=recipient.address
            )
    if forwarded is not None:  # so that answers go there
        yield MessageRecipient(message_id=message_id, header="reply_to", name=forwarded.name, address=forwarded.address)


def _references(envelope: Envelope, facts: Facts, *, ticket_id: int, message_id: int) -> Iterator[MessageReference]:
    """The mail's own id, those it refers to that the ticket does not remember yet, and its conversation's.

    The last each message has by itself: where one is taken out of the ticket, the conversation is known to be apart.
    """
    own = id_hash(envelope.mail.message_id) if envelope.mail.message_id else ""
    known = facts.known_hashes.get(ticket_id, frozenset())
    hashes = dict.fromkeys(key for key in map(id_hash, envelope.answers) if key not in known and key != own)
    for key in (own, *hashes) if own else hashes:
        yield MessageReference(message_id=message_id, ticket_id=ticket_id, id_hash=key, is_own=key == own)
    if envelope.conversation is not None:
        key = id_hash(envelope.conversation.key)
        yield MessageReference(message_id=message_id, ticket_id=ticket_id, id_hash=key, is_own=False)
