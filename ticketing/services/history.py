"""The history of a ticket: every change writes an event with a position in commit order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from helpdesk.accounts.models import Membership
from helpdesk.lib import clock
from helpdesk.tenancy import counters
from ticketing.models import EventKind, Integration, Ticket, TicketEvent

Author = Membership | Integration  # who writes: a member, or a program that is nobody


@dataclass(frozen=True)
class By:
    """Who or what made a change."""

    actor: Membership | None = None
    cause: str = "agent"  # agent, mail, rule, system, integration
    origin: str = "web"  # web, worker, command, api
    bulk_id: int | None = None  # of the bulk change that made it
    integration: Integration | None = None  # the program that made it; then there is no actor


def by_author(author: Author) -> By:
    """What the author does in person: on the pages, or through the API."""
    if isinstance(author, Integration):
        return By(integration=author, cause="integration", origin="api")
    return By(actor=author)


@dataclass(frozen=True)
class Happening:
    """One thing that happened to a ticket."""

    ticket: Ticket
    kind: EventKind
    data: Mapping[str, Any] = field(default_factory=dict)
    message_id: int | None = None


def record(happenings: Sequence[Happening], *, by: By) -> list[int]:
    """The events are written, in this order; gives their positions. In the caller's transaction, late.

    Sets `last_position` of each ticket on the object and in the table.
    """
    if not happenings:
        return []
    last = counters.take(events=len(happenings)).event_position
    positions = list(range(last - len(happenings) + 1, last + 1))
    moment = clock.now()
    bulk = {"bulk": by.bulk_id} if by.bulk_id is not None else {}
    TicketEvent.objects.bulk_create(
        TicketEvent(
            ticket=happening.ticket,
            position=position,
            kind=happening.kind,
            actor=by.actor,
            integration=by.integration,
            cause=by.cause,
            origin=by.origin,
            message_id=happening.message_id,
            data={**happening.data, **bulk},
            at=moment,
        )
        for happening, position in zip(happenings, positions, strict=True)
    )
    _advance(happenings, positions)
    return positions


def _advance(happenings: Sequence[Happening], positions: Sequence[int]) -> None:
    newest = {happening.ticket: position for happening, position in zip(happenings, positions, strict=True)}
    for ticket, position in newest.items():
        ticket.last_position = position
    if len(newest) > 1:
        Ticket.objects.bulk_update(newest, ["last_position"])
        return
    for ticket, position in newest.items():
        if ticket.pk is not None:
            Ticket.objects.filter(pk=ticket.pk).update(last_position=position)
