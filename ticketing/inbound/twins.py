"""The same mail twice in one mailbox. The same id with other content is another mail, and so is another mailbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailboxes.services.reading.same_heads import raws_with_head
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.placeholders import same_headers
from ticketing.models import Attachment, Message


@dataclass(frozen=True, slots=True)
class Twin:
    """The message that this mail repeats."""

    message_id: int
    ticket_id: int
    ticket_number: int


def find_twin(envelope: Envelope, *, message_ids: Sequence[int]) -> Twin | None:
    """The message of this mailbox with the same content.

    message_ids: those with the mail's own Message-ID. A mail without one is compared by its bytes.
    """
    if envelope.mail.message_id is not None and not message_ids:
        return None
    delivery = envelope.delivery
    if delivery.is_header_only:
        return _twin_of_head(envelope, message_ids)
    messages = Message.objects.filter(raw__mailbox_id=delivery.mailbox_id)
    if message_ids:
        messages = messages.filter(id__in=list(message_ids))
    else:
        messages = messages.filter(raw__sha256=delivery.sha256)
    rows = messages.order_by("id").values_list("id", "ticket_id", "ticket__number", "raw__sha256", "subject", "text")
    for message_id, ticket_id, number, sha256, subject, text in rows[:20]:
        is_same = sha256 == delivery.sha256 or (
            (subject, text) == (envelope.subject, envelope.mail.text) and _has_same_files(message_id, envelope)
        )
        if is_same:
            return Twin(message_id, ticket_id, number)
    return None


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
