"""Messages made from headers alone, because the mail was larger than its mailbox takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from ticketing.fields.values import Value
from ticketing.inbound.envelope import Envelope
from ticketing.models import Attachment, Message, MessageKind, ThreadReason


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A message that waits for its mail, and how it stands in its ticket."""

    message_id: int
    head_id: int  # the stored headers that it was made from
    ticket_id: int
    ticket_number: int
    is_bounce: bool
    opened_ticket: bool
    is_spam: bool  # the ticket
    is_newest: bool  # nothing came after it
    has_other_files: bool  # other messages of the ticket list files
    fields: Mapping[str, Value]  # of the ticket
    came_again: bool  # nobody asked for the rest of these headers: the mail was delivered once more


def find_placeholder(envelope: Envelope, *, message_ids: Sequence[int]) -> Placeholder | None:
    """The message that was made from this mail's headers.

    Either the mail was fetched whole on a wish, or it came once more when its mailbox took more.
    message_ids: messages with the mail's own Message-ID. No query for a mail that has an id nobody knows.
    """
    message = _wished_for(envelope) or _come_again(envelope, message_ids)
    if message is None or message.raw_id is None:
        return None
    others = Message.objects.filter(ticket=message.ticket).exclude(id=message.pk)
    files = Attachment.objects.filter(message__in=others, is_inline=False)
    return Placeholder(
        message_id=message.pk,
        head_id=message.raw_id,
        ticket_id=message.ticket.pk,
        ticket_number=message.ticket.number,
        is_bounce=message.kind == MessageKind.BOUNCE,
        opened_ticket=message.thread_reason in (ThreadReason.NEW, ThreadReason.FOLLOWS_CLOSED),
        is_spam=message.ticket.is_spam,
        is_newest=not others.filter(position__gt=message.position).exists(),
        has_other_files=files.exists(),
        fields=message.ticket.fields,
        came_again=message.raw_id != envelope.delivery.completes_id,
    )


def _wished_for(envelope: Envelope) -> Message | None:
    head_id = envelope.delivery.completes_id
    return Message.objects.select_related("ticket").filter(raw_id=head_id).first() if head_id else None


def _come_again(envelope: Envelope, message_ids: Sequence[int]) -> Message | None:
    if envelope.delivery.is_header_only or (envelope.mail.message_id and not message_ids):
        return None
    heads = Message.objects.select_related("ticket").filter(raw__is_header_only=True)
    return same_headers(heads, envelope, message_ids=message_ids).order_by("id").first()


def same_headers(
    messages: QuerySet[Message, Message], envelope: Envelope, *, message_ids: Sequence[int]
) -> QuerySet[Message, Message]:
    """Those of these messages whose mail came to this mailbox with the same headers, as far as they are the sender's.

    A mail without a Message-ID is told by its whole header block.
    """
    here = messages.filter(raw__mailbox_id=envelope.delivery.mailbox_id)
    if not envelope.mail.message_id:
        return here.filter(raw__sha256=envelope.head_sha256)
    return here.filter(
        id__in=list(message_ids),
        subject=envelope.subject,
        from_address=envelope.from_address,
        claimed_at=envelope.mail.date,
    )
