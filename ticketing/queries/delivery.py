"""How the answers of a ticket are delivered, and which of them came back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from mailboxes.queries.outbox import Delivery, deliveries
from ticketing.models import Message, TicketEvent

_Reports = Mapping[tuple[int, datetime], tuple[int, int]]  # id and ticket's number by failed message and moment


@dataclass(frozen=True)
class Return:
    """A report says that the mail cannot be delivered to these recipients."""

    at: datetime
    addresses: tuple[str, ...]
    said: str  # the server's words
    report_id: int | None = None  # the message; None where it is gone
    ticket_number: int = 0  # of the report


@dataclass(frozen=True)
class AnswerDelivery(Delivery):
    """How the delivery of an answer stands, and what came back of it."""

    returns: tuple[Return, ...] = ()  # the oldest first


def delivery_of(messages: Iterable[Message]) -> dict[int, AnswerDelivery]:
    """The deliveries by message id; messages that never left by mail are not among them.

    Two queries, and one more where a mail came back.
    """
    wanted = {message.id: message.outbox_id for message in messages if message.outbox_id is not None}
    if not wanted:
        return {}
    found = deliveries(wanted.values())
    known = {message_id: found[outbox_id] for message_id, outbox_id in wanted.items() if outbox_id in found}
    reports = _reports({message_id: _bounced_at(delivery) for message_id, delivery in known.items()})
    return {
        message_id: AnswerDelivery(
            outbox=delivery.outbox,
            recipients=delivery.recipients,
            returns=_returns(delivery, message_id=message_id, reports=reports),
        )
        for message_id, delivery in known.items()
    }


def _bounced_at(delivery: Delivery) -> list[datetime]:
    moments = {recipient.bounced_at for recipient in delivery.recipients if recipient.bounced_at is not None}
    return sorted(moments)


def _reports(moments: Mapping[int, list[datetime]]) -> _Reports:
    """The reports that came at these moments, each known by its entry in the history."""
    failed = [message_id for message_id, each in moments.items() if each]
    if not failed:
        return {}
    rows = TicketEvent.objects.filter(
        message__bounce_of__in=failed, at__in={moment for message_id in failed for moment in moments[message_id]}
    ).values_list("message__bounce_of_id", "at", "message_id", "message__ticket__number")
    return {(failed_id, at): (report_id, number) for failed_id, at, report_id, number in rows}


def _returns(delivery: Delivery, *, message_id: int, reports: _Reports) -> tuple[Return, ...]:
    made: list[Return] = []
    for at in _bounced_at(delivery):
        those = [recipient for recipient in delivery.recipients if recipient.bounced_at == at]
        report_id, number = reports.get((message_id, at), (None, 0))
        addresses = tuple(recipient.address for recipient in those)
        made.append(Return(at, addresses, those[0].bounce_detail, report_id, number))
    return tuple(made)
