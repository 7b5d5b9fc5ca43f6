"""Taking back a change of tickets: they are what the history says they were, where nobody has decided since."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime

from helpdesk.accounts.models import Category, Company, Membership, Role, Team
from ticketing.models import SPAM_MARKS, EventKind, Ticket, TicketEvent, TicketTag
from ticketing.services.changes import locked, save
from ticketing.services.field_values import put
from ticketing.services.history import By, Happening
from ticketing.services.search import index_fields
from ticketing.services.spam_learning import learn_marks
from ticketing.services.tag_learning import learn_tags

MAX_CHANGES = 100
# What has been decided anew once one of these follows the change.
_DECIDED_BY: dict[EventKind, frozenset[EventKind]] = {
    EventKind.STATUS_CHANGED: frozenset(
        {EventKind.STATUS_CHANGED, EventKind.MESSAGE_RECEIVED, EventKind.REPLY_WRITTEN, EventKind.MERGED}
    ),
    EventKind.PRIORITY_CHANGED: frozenset({EventKind.PRIORITY_CHANGED}),
    EventKind.ASSIGNEE_CHANGED: frozenset({EventKind.ASSIGNEE_CHANGED}),
    EventKind.TEAM_CHANGED: frozenset({EventKind.TEAM_CHANGED}),
    EventKind.CATEGORY_CHANGED: frozenset({EventKind.CATEGORY_CHANGED}),
    EventKind.COMPANY_CHANGED: frozenset({EventKind.COMPANY_CHANGED}),
    EventKind.SPAM_MARKED: frozenset({EventKind.SPAM_MARKED}),
    EventKind.SUBJECT_CHANGED: frozenset({EventKind.SUBJECT_CHANGED}),
    EventKind.FIELD_CHANGED: frozenset({EventKind.FIELD_CHANGED}),  # of the same field
    EventKind.TAG_ADDED: frozenset({EventKind.TAG_ADDED, EventKind.TAG_REMOVED}),  # of the same tag
}


@dataclass(frozen=True)
class Undone:
    """What became of the changes."""

    restored: list[Ticket]
    kept: int  # tickets left as they are: changed since, or who had them cannot have them any more


@transaction.atomic
def undo_changes(*, first: int, last: int, among: QuerySet[Ticket], by: By) -> Undone:
    """The tickets are as they were before the actor's own changes at these event positions; written down as changes.

    among: the tickets the actor may see. A fixed number of queries. Beyond MAX_CHANGES positions nothing is done.
    """
    if not first <= last < first + MAX_CHANGES:
        return Undone([], 0)
    changes = TicketEvent.objects.filter(
        position__gte=first, position__lte=last, actor=by.actor, kind__in=_DECIDED_BY, ticket__in=among
    )
    return undo_events(changes, by=by)


@transaction.atomic
def undo_events(changes: Iterable[TicketEvent], *, by: By) -> Undone:
    """The tickets are as they were before these changes, of which a ticket has one. A fixed number of queries."""
    events = {event.ticket_id: event for event in changes}
    tickets = locked([Ticket(pk=ticket_id) for ticket_id in events])
    decided = _decided_since(events)
    there = _who_is_there(events.values())
    tagged = _tagged_by(events)
    restored = [
        ticket
        for ticket in tickets
        if ticket.pk not in decided
        and (ticket.pk in tagged or _put_back(ticket, EventKind(events[ticket.pk].kind), events[ticket.pk].data, there))
    ]
    TicketTag.objects.filter(pk__in=[tagged[ticket.pk] for ticket in restored if ticket.pk in tagged]).delete()
    learn_marks([ticket for ticket in restored if events[ticket.pk].kind == EventKind.SPAM_MARKED])
    valued = [ticket for ticket in restored if events[ticket.pk].kind == EventKind.FIELD_CHANGED]
    if valued:
        Ticket.objects.bulk_update(valued, ["fields"])
        index_fields(valued)
    save(restored, [_happening(ticket, events[ticket.pk]) for ticket in restored], by=by)
    learn_tags([ticket for ticket in restored if events[ticket.pk].kind == EventKind.TAG_ADDED], by=by)
    return Undone(restored, len(events) - len(restored))


def _decided_since(events: Mapping[int, TicketEvent]) -> set[int]:
    """The tickets whose changed property somebody or something has set again. After the rows are locked."""
    first = min((event.position for event in events.values()), default=0)
    later = TicketEvent.objects.filter(ticket__in=list(events), position__gt=first)
    return {
        ticket_id
        for ticket_id, kind, position, data in later.values_list("ticket_id", "kind", "position", "data")
        if position > events[ticket_id].position
        and kind in _DECIDED_BY[EventKind(events[ticket_id].kind)]
        and all(data.get(name) == events[ticket_id].data.get(name) for name in ("tag", "field"))
    }


def _tagged_by(events: Mapping[int, TicketEvent]) -> dict[int, int]:
    """The rows that the events tagged tickets with, by ticket; what somebody has taken off since is not among them."""
    added = {pk: event.data["tag"] for pk, event in events.items() if event.kind == EventKind.TAG_ADDED}
    rows = TicketTag.objects.filter(ticket__in=list(added), tag__name__in=set(added.values()))
    return {
        ticket_id: row_id
        for row_id, ticket_id, name in rows.values_list("pk", "ticket_id", "tag__name")
        if added[ticket_id] == name
    }


def _who_is_there(events: Iterable[TicketEvent]) -> dict[EventKind, set[int | None]]:
    """Whom a ticket can be given back to, by kind of change; always nobody too."""
    ids = [event.data.get("from_id") for event in events]
    agents = Membership.objects.filter(pk__in=[i for i in ids if i], is_active=True).exclude(role=Role.VIEWER)
    teams = Team.objects.filter(pk__in=[i for i in ids if i])
    categories = Category.objects.filter(pk__in=[i for i in ids if i])
    companies = Company.objects.filter(pk__in=[i for i in ids if i])
    return {
        EventKind.ASSIGNEE_CHANGED: {None, *agents.values_list("pk", flat=True)},
        EventKind.TEAM_CHANGED: {None, *teams.values_list("pk", flat=True)},
        EventKind.CATEGORY_CHANGED: {None, *categories.values_list("pk", flat=True)},
        EventKind.COMPANY_CHANGED: {None, *companies.values_list("pk", flat=True)},
    }


_COLUMNS = {
    EventKind.ASSIGNEE_CHANGED: "assignee_id",
    EventKind.TEAM_CHANGED: "team_id",
    EventKind.CATEGORY_CHANGED: "category_id",
    EventKind.COMPANY_CHANGED: "company_id",
}


def _put_back(
    ticket: Ticket, kind: EventKind, data: Mapping[str, Any], there: Mapping[EventKind, set[int | None]]
) -> bool:
    """The columns are as before the change; False if they cannot be, or are not what the change made them."""
    if kind in there:
        column = _COLUMNS[kind]
        if "from_id" not in data or data["from_id"] not in there[kind] or getattr(ticket, column) != data["to_id"]:
            return False
        setattr(ticket, column, data["from_id"])
        return True
    return kind in _PUT_BACK and _PUT_BACK[kind](ticket, data)


def _status(ticket: Ticket, data: Mapping[str, Any]) -> bool:
    before = data.get("before")
    if before is None or ticket.status != data["to"]:
        return False
    ticket.status = data["from"]  # also where no agent could choose it: it is what the ticket was
    ticket.needs_reply = before["needs_reply"]
    ticket.waiting_since = _moment(before["waiting_since"])
    ticket.solved_at = _moment(before["solved_at"])
    ticket.closed_at = _moment(before["closed_at"])
    return True


def _priority(ticket: Ticket, data: Mapping[str, Any]) -> bool:
    is_ours = bool(ticket.priority == data["to"])
    ticket.priority = data["from"] if is_ours else ticket.priority
    return is_ours


def _spam(ticket: Ticket, data: Mapping[str, Any]) -> bool:
    is_ours = bool(ticket.spam_mark == data["to"])
    ticket.spam_mark = data["from"] if is_ours else ticket.spam_mark
    ticket.is_spam = ticket.spam_mark in SPAM_MARKS
    return is_ours


def _subject(ticket: Ticket, data: Mapping[str, Any]) -> bool:
    is_ours = bool(ticket.subject == data["to"])
    ticket.subject = data["from"] if is_ours else ticket.subject
    return is_ours


def _field(ticket: Ticket, data: Mapping[str, Any]) -> bool:
    is_ours = bool(ticket.fields.get(data["field"]) == data["to"])
    if is_ours:
        put(ticket, key=data["field"], value=data["from"])
    return is_ours


_PUT_BACK: dict[EventKind, Callable[[Ticket, Mapping[str, Any]], bool]] = {
    EventKind.STATUS_CHANGED: _status,
    EventKind.PRIORITY_CHANGED: _priority,
    EventKind.SPAM_MARKED: _spam,
    EventKind.SUBJECT_CHANGED: _subject,
    EventKind.FIELD_CHANGED: _field,
}


def _happening(ticket: Ticket, event: TicketEvent) -> Happening:
    if event.kind == EventKind.TAG_ADDED:
        return Happening(
            ticket,
            EventKind.TAG_REMOVED,
            {"tag": event.data["tag"], "hue": event.data["hue"], "undoes": event.position},
        )
    turned = {"from": event.data["to"], "to": event.data["from"], "undoes": event.position}
    turned |= {name: event.data[name] for name in ("field", "label", "kind") if name in event.data}
    if "from_id" in event.data:
        turned |= {"from_id": event.data["to_id"], "to_id": event.data["from_id"]}
    return Happening(ticket, EventKind(event.kind), turned)


def _moment(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None
