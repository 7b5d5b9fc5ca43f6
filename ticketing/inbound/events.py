"""The entries that intake adds to tickets' histories."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.effects import Effect
from ticketing.inbound.facts import Facts
from ticketing.inbound.rows import insert, update
from ticketing.models import EventKind, Ticket, TicketEvent


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry to be; on the mail's own ticket unless it names another."""

    kind: EventKind
    data: dict[str, object] = field(default_factory=dict)
    is_message: bool = False
    other_ticket_id: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """Where the entries go."""

    ticket_id: int
    ticket_number: int
    message_id: int
    first_position: int  # the message's
    at: datetime


def happenings(decision: Decision, *, effect: Effect, facts: Facts) -> list[Happening]:
    """What happens, the message itself first."""
    if decision.action is Action.OPEN:
        return _opening(decision, facts)
    kind = EventKind.BOUNCE_RECEIVED if decision.action is Action.BOUNCE else EventKind.MESSAGE_RECEIVED
    found = [Happening(kind, is_message=True)]
    if effect.reopens:
        found.append(Happening(EventKind.STATUS_CHANGED, {"from": effect.status_before, "to": effect.status}))
    return found


def write(entries: list[Happening], *, written: Written) -> None:
    """The entries have their positions, in order."""
    insert(
        TicketEvent(
            ticket_id=entry.other_ticket_id or written.ticket_id,
            position=written.first_position + offset,
            kind=entry.kind,
            cause="mail",
            origin="worker",
            message_id=written.message_id if entry.is_message else None,
            data=entry.data | ({"ticket": written.ticket_number} if entry.other_ticket_id else {}),
            at=written.at,
        )
        for offset, entry in enumerate(entries)
    )
    for offset, entry in enumerate(entries):
        if entry.other_ticket_id:
            position = written.first_position + offset
            update(Ticket, {"id": entry.other_ticket_id}, last_position=position)


def _opening(decision: Decision, facts: Facts) -> list[Happening]:
    if decision.reason is not Reason.FOLLOWS_CLOSED or facts.match is None:
        return [Happening(EventKind.TICKET_OPENED, is_message=True)]
    closed = facts.match.ticket
    return [
        Happening(EventKind.TICKET_OPENED, {"follows": closed.number}, is_message=True),
        Happening(EventKind.LINKED, other_ticket_id=closed.id),
    ]
