"""Who the last answer on a ticket went to: what the composer holds against who the next one goes to."""

from __future__ import annotations

from django.db.models import Subquery

from ticketing.models import DraftMode, EventKind, MessageRecipient, Ticket, TicketEvent


def last_recipients(ticket: Ticket) -> dict[str, str]:
    """To and Cc of the last answer by a person or program: name, else address, by address in lower case.

    Forwards and automatic answers do not count. Empty where nobody has answered. One query.
    """
    written = TicketEvent.objects.filter(ticket=ticket, kind=EventKind.REPLY_WRITTEN, data__mode=DraftMode.REPLY.value)
    last = written.exclude(message=None).order_by("-position").values("message_id")[:1]
    rows = MessageRecipient.objects.filter(message_id=Subquery(last), header__in=("to", "cc")).order_by("id")
    return {address.lower(): name or address for name, address in rows.values_list("name", "address")}
