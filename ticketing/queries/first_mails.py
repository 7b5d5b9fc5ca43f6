"""What the first mails of tickets say, as spam and tags are learned from it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Substr

from ticketing.mail.spam_content import TEXT_CHARS, words_of
from ticketing.models import Message, MessageKind


def words_of_first_mails(ticket_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """By ticket; those without a mail from outside are left out. One query."""
    mails = Message.objects.filter(kind=MessageKind.INBOUND)
    first = mails.filter(ticket=OuterRef("ticket")).order_by("position").values("position")[:1]
    rows = mails.filter(ticket__in=list(ticket_ids)).annotate(first=Subquery(first)).filter(position=F("first"))
    found = rows.values_list("ticket_id", "subject", Substr("text", 1, TEXT_CHARS), "from_address")
    return {
        ticket_id: words_of(subject=subject, text=text, sender=sender) for ticket_id, subject, text, sender in found
    }
