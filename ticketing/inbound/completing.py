"""Writes the rest of a mail into the message that was made from its headers: no second message, nothing else moves.

The ticket's status, its turn and its order stay: the mail was counted when its headers came. Only a bounce that the
headers did not show has the effect of one now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from mailboxes.services.reading.whole_arrivals import note_whole
from ticketing.inbound.effects import Effect
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.events import field_entry
from ticketing.inbound.failed import FailedMail
from ticketing.inbound.files import files_of
from ticketing.inbound.mapping.applying import NOTHING, Mapped
from ticketing.inbound.message_rows import attachment_row, content_fields, search_document
from ticketing.inbound.placeholders import Placeholder
from ticketing.inbound.ticket_rows import has_files, snippet_of
from ticketing.models import (
    Attachment,
    EventKind,
    Message,
    MessageKind,
    MessageReference,
    SearchDocument,
    Ticket,
    TicketEvent,
)
from ticketing.services.references import id_hash
from ticketing.services.search import index_fields


@dataclass(frozen=True, slots=True)
class Completion:
    """A mail and the message it completes."""

    envelope: Envelope
    placeholder: Placeholder
    moment: datetime
    drops_quotes: bool = False
    failed: FailedMail | None = None  # a mail of ours on which the whole of it reports
    effect: Effect | None = None  # on the ticket of that mail; None: its headers had it
    mapped: Mapped = NOTHING  # what fields of the ticket take

    @property
    def entries(self) -> list[_Entry]:
        """What the histories say, in order."""
        found, failed = self.placeholder, self.failed
        size = {"size_bytes": self.envelope.delivery.size_bytes}
        entries = [_Entry(found.ticket_id, EventKind.MESSAGE_COMPLETED, size)]
        entries += (_Entry(found.ticket_id, each.kind, each.data) for each in map(field_entry, self.mapped.changes))
        if failed is None or self.effect is None:
            return entries
        if failed.ticket.id != found.ticket_id:
            entries.append(_Entry(found.ticket_id, EventKind.LINKED, {"ticket": failed.ticket.number}))
            entries.append(
                _Entry(failed.ticket.id, EventKind.LINKED, {"ticket": found.ticket_number, "is_bounce": True})
            )
        if self.effect.reopens:
            data = {"from": self.effect.status_before, "to": self.effect.status}
            entries.append(_Entry(failed.ticket.id, EventKind.STATUS_CHANGED, data))
        return entries


class _Entry(NamedTuple):
    ticket_id: int
    kind: EventKind
    data: Mapping[str, object]


def complete(completion: Completion, *, position: int, blobs: Mapping[str, int]) -> None:
    """The message shows the whole mail, search finds it, and the history says who fetched it.

    One that turns out to report on a mail of ours is its bounce from now on, in the ticket where it stands.
    position: of the history's first entry; blobs: ids by hash of every file of the mail. In the caller's transaction.
    """
    if completion.placeholder.came_again:
        note_whole(completion.placeholder.head_id, whole_id=completion.envelope.delivery.raw_id)
    _fill_message(completion)
    _exchange_files(completion, blobs)
    _add_references(completion)
    _adjust_ticket(completion)
    _affect_failed(completion)
    _note(completion, position=position)


def _fill_message(completion: Completion) -> None:
    envelope, message_id = completion.envelope, completion.placeholder.message_id
    found_by = search_document(envelope, files_of(envelope))
    fields = content_fields(envelope, found_by, drops_quotes=completion.drops_quotes)
    if completion.failed is not None:
        fields |= {"kind": MessageKind.BOUNCE, "bounce_of_id": completion.failed.message_id}
    Message.objects.filter(id=message_id).update(raw_id=envelope.delivery.raw_id, **fields)
    if envelope.is_indexed:
        SearchDocument.objects.filter(message_id=message_id).update(body=found_by.body)


def _exchange_files(completion: Completion, blobs: Mapping[str, int]) -> None:
    """The stand-in is gone, and what the headers alone may have looked like."""
    message_id = completion.placeholder.message_id
    Attachment.objects.filter(message_id=message_id).delete()
    Attachment.objects.bulk_create(
        attachment_row(
            file,
            message_id=message_id,
            blobs=blobs,
            moment=completion.moment,
            public_id=completion.mapped.file_ids.get(place),
        )
        for place, file in enumerate(files_of(completion.envelope))
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


def _adjust_ticket(completion: Completion) -> None:
    found, envelope = completion.placeholder, completion.envelope
    changes: dict[str, object] = {"has_attachments": found.has_other_files or has_files(envelope)}
    if found.is_newest:
        changes["snippet"] = snippet_of(envelope)
    if completion.mapped.changes:
        changes["fields"] = dict(completion.mapped.values)
    Ticket.objects.filter(id=found.ticket_id).update(**changes)
    if completion.mapped.changes:
        index_fields(Ticket.objects.filter(id=found.ticket_id))


def _affect_failed(completion: Completion) -> None:
    """The ticket of the mail that failed stands as after any bounce."""
    failed, effect = completion.failed, completion.effect
    if failed is None or effect is None:
        return
    changes: dict[str, object] = {"status": effect.status}
    if effect.reopens:
        changes |= {"solved_at": None, "closed_at": None}
    if effect.needs_reply:
        since = failed.ticket.waiting_since or completion.envelope.delivery.received_at
        changes |= {"needs_reply": True, "waiting_since": since}
    Ticket.objects.filter(id=failed.ticket.id).update(**changes)


def _note(completion: Completion, *, position: int) -> None:
    wished_by_id = completion.envelope.delivery.wished_by_id
    for offset, entry in enumerate(completion.entries):
        by_member = wished_by_id if entry.kind is EventKind.MESSAGE_COMPLETED else None
        TicketEvent.objects.create(
            ticket_id=entry.ticket_id,
            position=position + offset,
            kind=entry.kind,
            actor_id=by_member,
            cause="agent" if by_member else "mail",
            origin="worker",
            message_id=completion.placeholder.message_id if entry.kind is EventKind.MESSAGE_COMPLETED else None,
            data=dict(entry.data),
            at=completion.moment,
        )
        Ticket.objects.filter(id=entry.ticket_id).update(last_position=position + offset)
