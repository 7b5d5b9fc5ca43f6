"""What filters would have made of mail that came before. All inside the organization's scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.db.models.functions import Left

from mailboxes.models import Mailbox, RemoteMessage
from ticketing.inbound.filtering import Filter, Filtered
from ticketing.mail.quote_text import split_text
from ticketing.models import Message, MessageKind

LOOKED_AT = 500  # messages of customers, the newest
SEARCHED = 5_000  # among which those of one mailbox are looked for
MAX_TEXT_CHARS = 20_000  # of each
OFFERED = 25
MAX_TRIED_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True)
class PastMail:
    """A message that became part of a ticket."""

    mail: Filtered
    ticket_number: int


def past_mails(mailbox: Mailbox | None) -> list[PastMail]:
    """The last messages from customers, of this mailbox or of all, the newest first. Two queries, bounded."""
    came = Message.objects.filter(kind=MessageKind.INBOUND, raw__isnull=False).order_by("-raw_id")
    near = list(came.values_list("id", "raw__mailbox_id")[:SEARCHED])
    ids = [pk for pk, mailbox_id in near if mailbox is None or mailbox_id == mailbox.pk][:LOOKED_AT]
    rows = Message.objects.filter(id__in=ids).order_by("-raw_id")
    fields = ("from_address", "subject", Left("text", MAX_TEXT_CHARS), "ticket__number")
    return [
        PastMail(Filtered(sender=sender.lower(), subject=subject, text=text), number)
        for sender, subject, text, number in rows.values_list(*fields)
    ]


def count_hits(tried: Filter, mails: Sequence[PastMail]) -> int:
    """How many of the mails an entry matches. Quotes are looked for only where the whole text matches."""
    return sum(_is_hit(tried, past.mail) for past in mails)


def offered_mails(mailbox: Mailbox | None) -> QuerySet[RemoteMessage]:
    """The last messages of the log whose bytes are here, to choose one from; with raw and mailbox."""
    rows = RemoteMessage.objects.filter(resighting_of=None, raw__isnull=False, raw__size_bytes__lte=MAX_TRIED_BYTES)
    if mailbox is not None:
        rows = rows.filter(mailbox=mailbox)
    return rows.select_related("raw", "mailbox").order_by("-seen_at", "-id")[:OFFERED]


def _is_hit(tried: Filter, mail: Filtered) -> bool:
    hit = tried.hit(mail)
    if hit is None or hit.place != "body":
        return hit is not None
    split = split_text(mail.text)
    written = f"{split.new}\n{split.signature}"
    if not split.quoted or not written.strip():
        return True
    return tried.hit(Filtered(sender=mail.sender, subject=mail.subject, text=written)) is not None
