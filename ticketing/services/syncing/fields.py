"""Taking over a change of a field from another system: for each field the last writer wins, on both sides.

Two moments are compared, and both systems compare the same two: when the field was changed there (the call says so),
and when it was last changed here by anybody else. What loses stands in the history as well. At the same moment the
greater event id wins, so that both sides decide alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mailboxes.services.sending.delivery_states import outbox_epoch
from ticketing.models import (
    ALLOWED_TRANSITIONS,
    EventKind,
    Integration,
    Priority,
    Status,
    SyncedField,
    Tag,
    Ticket,
    TicketEvent,
)
from ticketing.services import changes
from ticketing.services.history import By, Happening, record
from ticketing.services.syncing.mapping import Said
from ticketing.services.webhooks.events import event_id

_KINDS = {
    "subject": (EventKind.SUBJECT_CHANGED,),
    "status": (EventKind.STATUS_CHANGED,),
    "priority": (EventKind.PRIORITY_CHANGED,),
}
_NEVER = (datetime.min.replace(tzinfo=UTC), "")


@dataclass(frozen=True)
class Stamp:
    """When a change was made, where it was made; at the same moment the event decides."""

    at: datetime
    event_id: str

    @property
    def key(self) -> tuple[datetime, str]:
        """What is compared."""
        return (self.at, self.event_id)


@dataclass(frozen=True)
class _Wish:
    """A field is to have a value."""

    field: str
    value: Any
    apply: Callable[[], object]


def take_over(ticket: Ticket, said: Said, *, integration: Integration, stamp: Stamp, by: By) -> list[str]:
    """The fields the call changes have its values, unless they were changed here later; gives those that lost.

    Inside the caller's transaction, with the ticket locked. Raises ChangeRefused.
    """
    lost = []
    for wish in _wishes(ticket, said, integration=integration, by=by):
        if stamp.key < _last(ticket, wish.field, integration=integration):
            lost.append(wish.field)
            overruled = {"field": wish.field, "value": str(wish.value), "said_at": stamp.at.isoformat()}
            record([Happening(ticket, EventKind.SYNC_OVERRULED, overruled)], by=by)
            continue
        wish.apply()
        remember(ticket, wish.field, value=wish.value, integration=integration, stamp=stamp)
    return lost


def remember(ticket: Ticket, name: str, *, value: Any, integration: Integration, stamp: Stamp) -> None:
    """This was said of the field last, whether it changed anything or not."""
    SyncedField.objects.update_or_create(
        integration=integration,
        ticket=ticket,
        field=name[:40],
        defaults={"value": value, "at": stamp.at, "event_id": stamp.event_id},
    )


def _wishes(ticket: Ticket, said: Said, *, integration: Integration, by: By) -> Iterator[_Wish]:
    """What the call changes: what it names, or, where it cannot say, whatever is another value than last time."""
    known = {row.field: row.value for row in SyncedField.objects.filter(integration=integration, ticket=ticket)}
    status, priority, subject = said.status, said.priority, said.subject
    if subject is not None and _is_changed("subject", subject, said, known):
        yield _Wish("subject", subject, lambda: changes.rename(ticket, subject=subject, by=by))
    if priority is not None and _is_changed("priority", priority.value, said, known):
        yield _Wish("priority", priority.value, lambda: _set_priority(ticket, priority, by))
    for name, is_there in _tag_changes(said, known):
        yield _tag_wish(ticket, name, is_there=is_there, by=by)
    if status is not None and _is_changed("status", status.value, said, known):
        yield _Wish("status", status.value, lambda: _move(ticket, status, by))
    if said.tags is not None and said.changed is None:
        stamp = Stamp(said.at or _NEVER[0], "")
        remember(ticket, "tags", value=list(said.tags), integration=integration, stamp=stamp)


def _is_changed(name: str, value: str, said: Said, known: dict[str, Any]) -> bool:
    return known.get(name) != value if said.changed is None else said.changed == name


def _tag_changes(said: Said, known: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Each tag that was put on (True) or taken off (False) there."""
    if said.changed is not None:
        if said.changed == "tags":
            yield from ((name, True) for name in [said.tag_added] if name)
            yield from ((name, False) for name in [said.tag_removed] if name)
        return
    before, now = known.get("tags") or [], said.tags
    if now is not None:
        yield from ((name, True) for name in now if name not in before)
        yield from ((name, False) for name in before if name not in now)


def _tag_wish(ticket: Ticket, name: str, *, is_there: bool, by: By) -> _Wish:
    def apply() -> None:
        if is_there:
            changes.add_tag([ticket], name=name, by=by)
            return
        for tag in Tag.objects.filter(name__iexact=name):
            changes.remove_tag(ticket, tag=tag, by=by)

    return _Wish(f"tag:{name.lower()}", is_there, apply)


def _set_priority(ticket: Ticket, priority: Priority, by: By) -> None:
    changes.set_priority([ticket], priority=priority, by=by)


def _move(ticket: Ticket, status: Status, by: By) -> None:
    """The ticket has the status; where no way leads straight there it goes through open. New again it never is."""
    current = Ticket.objects.get(pk=ticket.pk).status
    if status == Status.NEW:
        return
    if status != current and status not in ALLOWED_TRANSITIONS[current]:
        changes.change_status([ticket], status=Status.OPEN, by=by)
    changes.change_status([ticket], status=status, by=by)


def _last(ticket: Ticket, name: str, *, integration: Integration) -> tuple[datetime, str]:
    """When the field was last changed: here by anybody but this program, or there as far as we were told."""
    told = SyncedField.objects.filter(integration=integration, ticket=ticket, field=name[:40]).first()
    there = (told.at, told.event_id) if told is not None else _NEVER
    event = _last_here(ticket, name, integration=integration)
    here = (event.at, event_id(event, epoch=outbox_epoch())) if event is not None else _NEVER
    return max(there, here)


def _last_here(ticket: Ticket, name: str, *, integration: Integration) -> TicketEvent | None:
    events = TicketEvent.objects.filter(ticket=ticket).select_related("organization").order_by("-position")
    others = events.exclude(integration=integration)
    if not name.startswith("tag:"):
        found: TicketEvent | None = others.filter(kind__in=_KINDS[name]).first()
        return found
    of_tags = others.filter(kind__in=(EventKind.TAG_ADDED, EventKind.TAG_REMOVED))[:200]
    return next((each for each in of_tags if str(each.data.get("tag", "")).lower() == name[4:]), None)
