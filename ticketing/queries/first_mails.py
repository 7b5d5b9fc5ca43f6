"""What the first mails of tickets say, as spam and tags are learned from it, and what customers wrote after them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import F, OuterRef, Subquery, Window
from django.db.models.functions import RowNumber, Substr

from ticketing.mail.spam_content import TEXT_CHARS, words_of
from ticketing.models import Message, MessageKind

LATER_MAILS = 4  # of one ticket, the newest


def words_of_first_mails(ticket_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """By ticket; those without a mail from outside are left out. One query."""
    mails = Message.objects.filter(kind=MessageKind.INBOUND)
    first = mails.filter(ticket=OuterRef("ticket")).order_by("position").values("position")[:1]
    rows = mails.filter(ticket__in=list(ticket_ids)).annotate(first=Subquery(first)).filter(position=F("first"))
    found = rows.values_list("ticket_id", "subject", Substr("text", 1, TEXT_CHARS), "from_address")
    return {
        ticket_id: words_of(subject=subject, text=text, sender=sender) for ticket_id, subject, text, sender in found
    }


def words_of_later_mails(ticket_ids: Iterable[int]) -> dict[int, list[tuple[str, ...]]]:
    """By ticket what people wrote in the LATER_MAILS newest mails after the first. One query.

    Neither what they quote nor the subject counts: both say again what the first one said.
    """
    mails = Message.objects.filter(kind=MessageKind.INBOUND)
    first = mails.filter(ticket=OuterRef("ticket")).order_by("position").values("position")[:1]
    newest = Window(RowNumber(), partition_by="ticket_id", order_by=F("position").desc())
    later = mails.filter(ticket__in=list(ticket_ids), is_automatic=False, position__gt=Subquery(first))
    rows = later.annotate(newest=newest).filter(newest__lte=LATER_MAILS).order_by("position")
    found: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for ticket_id, text, sender in rows.values_list("ticket_id", Substr("reply_text", 1, TEXT_CHARS), "from_address"):
        found[ticket_id].append(words_of(subject="", text=text, sender=sender))
    return dict(found)
