"""How the answers of a ticket are delivered."""

from __future__ import annotations

from collections.abc import Iterable

from mailboxes.queries.outbox import Delivery, deliveries
from ticketing.models import Message


def delivery_of(messages: Iterable[Message]) -> dict[int, Delivery]:
    """The deliveries by message id, in two queries; messages that never left by mail are not among them."""
    wanted = [message for message in messages if message.outbox_id is not None]
    if not wanted:
        return {}
    found = deliveries(message.outbox_id for message in wanted if message.outbox_id is not None)
    return {message.id: found[message.outbox_id] for message in wanted if message.outbox_id in found}
