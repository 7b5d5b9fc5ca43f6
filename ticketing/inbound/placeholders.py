"""Messages made from headers alone, because the mail was larger than its mailbox takes."""

from __future__ import annotations

from dataclasses import dataclass

from ticketing.inbound.envelope import Envelope
from ticketing.models import Attachment, Message, MessageKind, ThreadReason


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A message that waits for its mail, and how it stands in its ticket."""

    message_id: int
    ticket_id: int
    ticket_number: int
    is_bounce: bool
    opened_ticket: bool
    is_newest: bool  # nothing came after it
    has_other_files: bool  # other messages of the ticket list files


def find_placeholder(envelope: Envelope) -> Placeholder | None:
    """The message that was made from this mail's headers. No query unless the mail was fetched whole later."""
    head_id = envelope.delivery.completes_id
    message = Message.objects.select_related("ticket").filter(raw_id=head_id).first() if head_id else None
    if message is None:
        return None
    others = Message.objects.filter(ticket=message.ticket).exclude(id=message.pk)
    files = Attachment.objects.filter(message__in=others, is_inline=False)
    return Placeholder(
        message_id=message.pk,
        ticket_id=message.ticket.pk,
        ticket_number=message.ticket.number,
        is_bounce=message.kind == MessageKind.BOUNCE,
        opened_ticket=message.thread_reason in (ThreadReason.NEW, ThreadReason.FOLLOWS_CLOSED),
        is_newest=not others.filter(position__gt=message.position).exists(),
        has_other_files=files.exists(),
    )
