"""The same mail twice: in one mailbox, or through two whose mails are one. With other content it is another mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailboxes.services.reading.same_heads import raws_with_head
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.placeholders import same_headers
from ticketing.inbound.repeating import Repeats
from ticketing.models import Attachment, Message

_FIELDS = ("id", "ticket_id", "ticket__number", "created_at", "subject", "text", "raw__sha256")
_OF_MAILBOX = ("raw__mailbox_id", "raw__mailbox__team_id", "raw__mailbox__name")


@dataclass(frozen=True, slots=True)
class Twin:
    """The message that this mail repeats."""

    message_id: int
    ticket_id: int
    ticket_number: int
    other_mailbox: str = ""  # the name of the mailbox that received it, where it is not this one


def find_twin(
    envelope: Envelope, *, message_ids: Sequence[int], repeats: Repeats, answered_id: int | None
) -> Twin | None:
    """The message with the same content: of this mailbox, else of one whose mail is one with this one's.

    message_ids: those with the mail's own Message-ID. A mail without one is compared by its bytes, in its mailbox.
    answered_id: the ticket that this mail goes to; a mail that stands on it already is never added once more.
    """
    if envelope.mail.message_id is not None and not message_ids:
        return None
    delivery = envelope.delivery
    if delivery.is_header_only:
        return _twin_of_head(envelope, message_ids)
    if message_ids:
        messages = Message.objects.filter(id__in=list(message_ids))
    else:
        messages = Message.objects.filter(raw__sha256=delivery.sha256, raw__mailbox_id=delivery.mailbox_id)
    found: Twin | None = None
    for row in messages.order_by("id").values(*_FIELDS, *_OF_MAILBOX)[:20]:
        is_here = row["raw__mailbox_id"] == delivery.mailbox_id
        if found is not None and not is_here:
            continue
        joins = is_here or row["ticket_id"] == answered_id
        joins = joins or repeats.joins(delivery.team_id, earlier_team_id=row["raw__mailbox__team_id"])
        is_remembered = repeats.remembers(row["created_at"], at=delivery.received_at)
        if joins and is_remembered and _is_same(row, envelope):
            found = Twin(row["id"], row["ticket_id"], row["ticket__number"], "" if is_here else row[_OF_MAILBOX[2]])
            if is_here:
                break
    return found


def _is_same(row: Mapping[str, Any], envelope: Envelope) -> bool:
    if row["raw__sha256"] == envelope.delivery.sha256:
        return True
    texts = (envelope.mail.text, envelope.mail.reply_text)  # the message may have been kept without what it quotes
    return row["subject"] == envelope.subject and row["text"] in texts and _has_same_files(row["id"], envelope)


def _twin_of_head(envelope: Envelope, message_ids: Sequence[int]) -> Twin | None:
    """The message whose mail had these headers: of its content they can say no more.

    Without a Message-ID the size on the server has to be the same as well.
    """
    messages = Message.objects.select_related("ticket")
    message = same_headers(messages, envelope, message_ids=message_ids).order_by("id").first()
    if message is None and not envelope.mail.message_id:
        delivery = envelope.delivery
        raws = raws_with_head(delivery.mailbox_id, size_bytes=delivery.size_bytes, sha256=envelope.head_sha256)
        message = messages.filter(raw_id__in=raws).order_by("id").first() if raws else None
    return Twin(message.pk, message.ticket.pk, message.ticket.number) if message else None


def _has_same_files(message_id: int, envelope: Envelope) -> bool:
    stored = Attachment.objects.filter(message_id=message_id, blob__isnull=False)
    return sorted(stored.values_list("blob__sha256", flat=True)) == sorted(a.sha256 for a in envelope.mail.attachments)
