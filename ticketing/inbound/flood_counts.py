"""How much came lately. A sender nobody knows, and a mailbox that is not busy, cost no query.

Where unknown senders stand under a guest, such a sender costs one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models.functions import Left

from helpdesk.tenancy import floods
from helpdesk.tenancy.prepared import Prepared, Question, Row
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.floods import NOTHING, FloodLimits, Recent, keys_of
from ticketing.inbound.lookups import STRANGERS, Standing
from ticketing.models import Message, MessageKind, Ticket

COMPARED_CHARS = 500  # of the new text of a mail

_SENT: Prepared[Row] = Prepared(
    lambda limit, contact_id, since, at: (
        Message.objects.filter(contact_id=contact_id, kind=MessageKind.INBOUND, created_at__gt=since)
        .filter(created_at__lte=at)
        .order_by("-created_at")
        .values_list("raw__mailbox_id", "subject", Left("reply_text", COMPARED_CHARS))[:limit]
    )
)
_FULL: Prepared[Row] = Prepared(
    lambda limit, mailbox_id, since: (
        Ticket.objects.filter(mailbox_id=mailbox_id, created_at__gt=since)
        .order_by()
        .values_list("id")[limit - 1 : limit]
    )
)
_SENT_UNDER: Prepared[Row] = Prepared(
    lambda limit, contact_ids, sender, since, at: (
        Message.objects.filter(contact_id__in=contact_ids, kind=MessageKind.INBOUND, from_address=sender)
        .filter(created_at__gt=since, created_at__lte=at)
        .order_by("-created_at")
        .values_list("raw__mailbox_id", "subject", Left("reply_text", COMPARED_CHARS))[:limit]
    )
)


def count_recent(envelope: Envelope, standing: Standing, *, limits: FloodLimits, under: Collection[int] = ()) -> Recent:
    """What came within the window before this mail, by the dates of the mail server. Inside the scope.

    under: contacts other than the sender's under whom mail of the sender stands.
    """
    delivery = envelope.delivery
    if delivery.is_history:
        return NOTHING
    of_mailbox = limits.per_mailbox if any(q.rows() for q in _asked_of_mailbox(envelope, standing, limits)) else 0
    sent = [row for q in _asked_of_sender(envelope, standing, limits, under=under) for row in q.rows()]
    here = Recent(
        of_mailbox=of_mailbox,
        of_installation=standing.taken_here,
        of_strangers=standing.strangers_here if standing.contact_id is None else 0,
    )
    if not sent:
        return here
    words = (envelope.subject, envelope.mail.reply_text[:COMPARED_CHARS])
    return replace(
        here,
        of_sender=len(sent),
        of_pair=sum(mailbox_id == delivery.mailbox_id for mailbox_id, *_ in sent),
        equal=sum((subject, text) == words for _, subject, text in sent),
    )


def counting(envelope: Envelope, *, is_stranger: bool) -> Iterator[tuple[str, list[Any]]]:
    """The statements by which the installation counts a mail that is taken; for most mails there is none.

    is_stranger: it opens a ticket of somebody whom the organization did not know.
    """
    at = envelope.delivery.received_at
    if envelope.delivery.is_history:
        return
    if envelope.sender and settings.MAIL_PER_SENDER_AND_HOUR:
        yield from floods.sampled(envelope.sender, at=at, limit=settings.MAIL_PER_SENDER_AND_HOUR)
    if is_stranger and settings.MAIL_OF_STRANGERS_PER_HOUR:
        yield from floods.sampled(STRANGERS, at=at, limit=settings.MAIL_OF_STRANGERS_PER_HOUR)


def asked(envelope: Envelope, standing: Standing, *, limits: FloodLimits) -> Iterator[Question]:
    """What `count_recent` asks, but for mail under other contacts."""
    if not envelope.delivery.is_history:
        yield from _asked_of_mailbox(envelope, standing, limits)
        yield from _asked_of_sender(envelope, standing, limits)


def is_busy(envelope: Envelope, standing: Standing, *, limits: FloodLimits) -> bool:
    """True where every ticket counts that its mailbox opens."""
    return not envelope.delivery.is_history and any(_asked_of_mailbox(envelope, standing, limits))


def _asked_of_mailbox(envelope: Envelope, standing: Standing, limits: FloodLimits) -> Iterator[Question]:
    """The last ticket that its mailbox may open, if that is opened; nothing where there is no limit, or it is far."""
    since = _since(envelope, limits)
    if limits.per_mailbox and standing.ticket_before_at is not None and standing.ticket_before_at > since:
        yield _FULL.asking(limits.per_mailbox, mailbox_id=envelope.delivery.mailbox_id, since=since)


def _asked_of_sender(
    envelope: Envelope, standing: Standing, limits: FloodLimits, *, under: Collection[int] = ()
) -> Iterator[Question]:
    """Mailbox, subject and text of each mail of the sender."""
    most, at, since = limits.most_of_sender, envelope.delivery.received_at, _since(envelope, limits)
    if standing.contact_id is not None:
        yield _SENT.asking(most, contact_id=standing.contact_id, since=since, at=at)
    if under and envelope.sender:
        ids = sorted(under)
        yield _SENT_UNDER.asking(most, contact_ids=ids, sender=envelope.sender, since=since, at=at)


def _since(envelope: Envelope, limits: FloodLimits) -> datetime:
    delivery = envelope.delivery
    return limits.since(delivery.received_at, *keys_of(envelope.sender, delivery.mailbox_id))
