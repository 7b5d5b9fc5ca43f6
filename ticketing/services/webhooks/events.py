"""What an entry of a ticket's history is called outside, and what it says changed."""

from __future__ import annotations

import uuid
from typing import Any

from ticketing.models import EventKind, EventType, TicketEvent

# What is not here is of no concern to others: an undone reply was never sent, a link is found on the tickets.
_TYPES: dict[str, EventType] = {
    EventKind.TICKET_OPENED: EventType.TICKET_CREATED,
    EventKind.MESSAGE_RECEIVED: EventType.MESSAGE_CREATED,
    EventKind.REPLY_WRITTEN: EventType.MESSAGE_CREATED,
    EventKind.ANSWERED_BY_ITSELF: EventType.MESSAGE_CREATED,
    EventKind.NOTE_WRITTEN: EventType.NOTE_CREATED,
    EventKind.MESSAGE_COMPLETED: EventType.MESSAGE_UPDATED,
    EventKind.STATUS_CHANGED: EventType.TICKET_STATUS,
    EventKind.PRIORITY_CHANGED: EventType.TICKET_UPDATED,
    EventKind.ASSIGNEE_CHANGED: EventType.TICKET_UPDATED,
    EventKind.TEAM_CHANGED: EventType.TICKET_UPDATED,
    EventKind.CATEGORY_CHANGED: EventType.TICKET_UPDATED,
    EventKind.COMPANY_CHANGED: EventType.TICKET_UPDATED,
    EventKind.SUBJECT_CHANGED: EventType.TICKET_UPDATED,
    EventKind.FIELD_CHANGED: EventType.TICKET_UPDATED,
    EventKind.REQUESTER_CHANGED: EventType.TICKET_UPDATED,
    EventKind.TAG_ADDED: EventType.TICKET_UPDATED,
    EventKind.TAG_REMOVED: EventType.TICKET_UPDATED,
    EventKind.SPAM_MARKED: EventType.TICKET_UPDATED,
    EventKind.MERGED: EventType.TICKET_UPDATED,
    EventKind.MESSAGE_MOVED: EventType.TICKET_UPDATED,
    EventKind.BOUNCE_RECEIVED: EventType.BOUNCE_RECEIVED,
    EventKind.DELIVERY_FAILED: EventType.DELIVERY_FAILED,
}
_FIELDS: dict[str, str] = {
    EventKind.STATUS_CHANGED: "status",
    EventKind.PRIORITY_CHANGED: "priority",
    EventKind.ASSIGNEE_CHANGED: "assignee",
    EventKind.TEAM_CHANGED: "team",
    EventKind.CATEGORY_CHANGED: "category",
    EventKind.COMPANY_CHANGED: "company",
    EventKind.SUBJECT_CHANGED: "subject",
    EventKind.REQUESTER_CHANGED: "contact",
    EventKind.SPAM_MARKED: "spam_mark",
}
_MESSAGES = (
    EventKind.MESSAGE_RECEIVED,
    EventKind.REPLY_WRITTEN,
    EventKind.ANSWERED_BY_ITSELF,
    EventKind.NOTE_WRITTEN,
    EventKind.BOUNCE_RECEIVED,
)


def type_of(event: TicketEvent) -> str:
    """What a subscription asks for it by; "" for what is told to nobody."""
    return str(_TYPES.get(event.kind, ""))


def event_id(event: TicketEvent, *, epoch: int) -> str:
    """The same for the same event whenever and wherever it is sent; of another organization never the same.

    epoch: of the installation. After a backup was restored positions are given anew, to other events.
    """
    return f"evt_{uuid.uuid5(event.organization.public_id, f'{epoch}:{event.position}').hex}"


def change_of(event: TicketEvent) -> dict[str, Any] | None:
    """Which field changed, from what to what; a tag is added or removed. None for what is no change of a field."""
    if event.kind in (EventKind.TAG_ADDED, EventKind.TAG_REMOVED):
        how = "added" if event.kind == EventKind.TAG_ADDED else "removed"
        return {"field": "tags", how: event.data.get("tag", "")}
    if event.kind == EventKind.MERGED:
        return {"field": "merged_into", "from": None, "to": event.data.get("into")}
    if event.kind == EventKind.MESSAGE_MOVED:
        return {"field": "messages", "from": event.data.get("from"), "to": event.data.get("to")}
    is_custom = event.kind == EventKind.FIELD_CHANGED
    field = f"fields.{event.data.get('field', '')}" if is_custom else _FIELDS.get(event.kind)
    return {"field": field, "from": event.data.get("from"), "to": event.data.get("to")} if field else None


def needs_message(event: TicketEvent) -> bool:
    """True if there is nothing to tell once its message is gone: a reply was taken back."""
    return event.kind in _MESSAGES
