"""How much came lately. A sender nobody knows, and a mailbox that is not busy, cost no query."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models.functions import Left

from helpdesk.tenancy import floods
from helpdesk.tenancy.prepared import Prepared, Row
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.floods import NOTHING, FloodLimits, Recent, keys_of
from ticketing.inbound.lookups import Standing
from ticketing.models import Message, MessageKind, Ticket

FREQUENT = 5  # mails of a sender within the window; fewer count for nothing over all organizations
COMPARED_CHARS = 500  # of the new text of a mail

_SENT: Prepared[Row] = Prepared(
    lambda limit, contact_id, since, at: (
        Message.objects.filter(contact_id=contact_id, kind=MessageKind.INBOUND, created_at__gt=since)
        .filter(created_at__lte=at)
        .order_by("-created_at")
        .values_list("raw__mailbox_id", "subject", Left("reply_text", COMPARED_CHARS))[:limit]
    )
)
_OPENED: Prepared[Row] = Prepared(
    lambda limit, mailbox_id, since: Ticket.objects.filter(mailbox_id=mailbox_id, created_at__gt=since).values_list(
        "id"
    )[:limit]
)


def count_recent(envelope: Envelope, standing: Standing, *, limits: FloodLimits) -> Recent:
    """What came within the window before this mail, by the dates of the mail server. Inside the scope."""
    delivery = envelope.delivery
    if delivery.is_history:
        return NOTHING
    at = delivery.received_at
    since = limits.since(at, *keys_of(envelope.sender, delivery.mailbox_id))
    busy = standing.ticket_before_at is not None and standing.ticket_before_at > since
    of_mailbox = _opened(delivery.mailbox_id, since=since, limit=limits.per_mailbox) if busy else 0
    if standing.contact_id is None:
        return Recent(of_mailbox=of_mailbox) if of_mailbox else NOTHING
    sent = _SENT.rows(limits.most_of_sender, contact_id=standing.contact_id, since=since, at=at)
    words = (envelope.subject, envelope.mail.reply_text[:COMPARED_CHARS])
    return Recent(
        of_sender=len(sent),
        of_pair=sum(mailbox_id == delivery.mailbox_id for mailbox_id, *_ in sent),
        equal=sum((subject, text) == words for _, subject, text in sent),
        of_mailbox=of_mailbox,
        of_installation=_of_installation(envelope.sender, at=at) if is_frequent(len(sent)) else 0,
    )


def is_frequent(of_sender: int) -> bool:
    """True of a sender whose mail is counted over all organizations together."""
    return of_sender >= FREQUENT


def _opened(mailbox_id: int, *, since: datetime, limit: int) -> int:
    return len(_OPENED.rows(limit, mailbox_id=mailbox_id, since=since))


def _of_installation(sender: str, *, at: datetime) -> int:
    return floods.taken(sender, at=at) if settings.MAIL_PER_SENDER_AND_HOUR else 0
