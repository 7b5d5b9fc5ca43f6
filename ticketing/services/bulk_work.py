"""What a worker does for a bulk change: a hundred tickets in one transaction with how far it came, then the next turn.

Killed anywhere it goes on behind the last committed hundred. Nothing is done twice: a ticket that it has changed has an
event after the beginning, as has one that somebody else changed, and neither is looked at again. Between two turns
other organizations have theirs.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.lib import clock, faults
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import counters, work
from helpdesk.tenancy.scope import organization_scope
from helpdesk.web.pagination import beyond
from ticketing.models import (
    ALLOWED_TRANSITIONS,
    BulkChange,
    BulkRefusal,
    BulkState,
    Status,
    Ticket,
    TicketEvent,
)
from ticketing.queries.tickets import LIST_ORDER, tickets_of, view_named, visible_tickets
from ticketing.services.history import By
from ticketing.services.posted_changes import CHANGES
from ticketing.services.undoing import undo_events

BATCH = 100
MOST_KEPT = 5000  # tickets of a view whose ids a change keeps while it runs
LEASE_S = 120.0


def handle(claim: work.Claim) -> None:
    """The next hundred tickets are dealt with, and the rest is due at once; or the change has ended."""
    with organization_scope(claim.organization_id), transaction.atomic():
        work.still_ours(claim)
        rows = BulkChange.objects.select_for_update(of=("self",)).select_related("membership__user").defer("left_ids")
        change = rows.filter(pk=claim.row_id, state=BulkState.RUNNING).first()
        if change is not None:
            _count(change)
            # Nobody else writes history from here on, so what is looked at now is as it is until the commit.
            counters.take()
            _go_on(change)
            change.save()
        faults.point("bulk.changed")
        if change is None or change.state != BulkState.RUNNING:
            work.finish(claim)
        else:
            work.reschedule(claim, due_at=clock.now(), succeeded=True)
    faults.point("bulk.committed")


def _count(change: BulkChange) -> None:
    """In the first turn, before anybody waits for us: counting reads the whole view."""
    waiting = _waiting(change) if change.total is None else None
    if waiting is not None:
        ids = list(waiting.values_list("pk", flat=True)[: MOST_KEPT + 1])
        is_kept = len(ids) <= MOST_KEPT
        change.total = len(ids) if is_kept else waiting.count()
        change.left_ids = ids if is_kept else None


def _go_on(change: BulkChange) -> None:
    if not can(change.membership, Capability.WORK_TICKETS):
        _end(change, BulkState.REFUSED, refusal=BulkRefusal.NO_RIGHT)
    elif change.undoes_id:
        _undo_more(change)
    else:
        _change_more(change)


def _change_more(change: BulkChange) -> None:
    waiting = _waiting(change)
    if waiting is None:
        _end(change, BulkState.REFUSED, refusal=BulkRefusal.NO_VIEW)
        return
    if change.reached_at is not None:
        waiting = waiting.filter(beyond(LIST_ORDER, values=(change.reached_at, change.reached_id)))
    batch = list(waiting.order_by(*LIST_ORDER)[:BATCH])
    able = [ticket for ticket in batch if _may_change(ticket, change)]
    try:
        changed = CHANGES[change.what](able, change.value, _by(change)) if able else []
    except (DomainError, ValueError):
        _end(change, BulkState.REFUSED, refusal=BulkRefusal.NO_VALUE)
        return
    change.changed += len(changed)
    change.unchanged += len(able) - len(changed)
    change.kept += len(batch) - len(able)
    if changed:
        places = [ticket.last_position for ticket in changed]
        change.first_position = change.first_position or min(places)
        change.last_position = max(places)
    if batch:
        change.reached_at, change.reached_id = batch[-1].active_at, batch[-1].pk
    if len(batch) < BATCH:
        _end(change, BulkState.DONE)
        change.left_ids = _left(change)


def _left(change: BulkChange) -> list[int]:
    """The tickets of the beginning that others changed before their turn, as far as they are in the view still."""
    view = view_named(change.view)
    if view is None or not change.left_ids:
        return []
    touched = tickets_of(view, actor=change.membership).filter(
        pk__in=change.left_ids, last_position__gt=change.upto_position
    )
    by_us = TicketEvent.objects.filter(ticket__in=touched, position__gt=change.upto_position, data__bulk=change.pk)
    return sorted(touched.exclude(pk__in=by_us.values("ticket")).values_list("pk", flat=True))


def _waiting(change: BulkChange) -> QuerySet[Ticket] | None:
    """The tickets of the change to which nothing has happened since it began; None when their view is gone."""
    view = view_named(change.view)
    if view is None:
        return None
    tickets = tickets_of(view, actor=change.membership).filter(last_position__lte=change.upto_position)
    return tickets if change.ticket_ids is None else tickets.filter(pk__in=change.ticket_ids)


def _may_change(ticket: Ticket, change: BulkChange) -> bool:
    if change.what != "status":
        return True
    status = Status(change.value)
    return status == ticket.status or status in ALLOWED_TRANSITIONS[ticket.status]


def _undo_more(change: BulkChange) -> None:
    made = TicketEvent.objects.filter(
        position__gt=change.reached_id,
        position__lte=change.upto_position,
        data__bulk=change.undoes_id,
        ticket__in=visible_tickets(change.membership),
    )
    batch = list(made.order_by("position")[:BATCH])
    undone = undo_events(batch, by=_by(change))
    change.changed += len(undone.restored)
    change.kept += undone.kept
    if batch:
        change.reached_id = batch[-1].position
    if len(batch) < BATCH:
        _end(change, BulkState.DONE)


def _by(change: BulkChange) -> By:
    return By(actor=change.membership, origin="worker", bulk_id=change.pk)


def _end(change: BulkChange, state: BulkState, *, refusal: BulkRefusal | None = None) -> None:
    change.state, change.ended_at = state, clock.now()
    change.refusal = refusal or ""
