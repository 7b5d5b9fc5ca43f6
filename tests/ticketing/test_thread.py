"""The thread of a ticket: messages and events in order, however long the history is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from helpdesk.lib import clock
from helpdesk.tenancy import counters
from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import add_message, make_ticket
from ticketing.models import EventKind, Ticket, TicketEvent
from ticketing.queries.thread import HISTORY_LENGTH, EventEntry, Thread, history_of, thread_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(fernhollow: Any) -> Iterator[Ticket]:
    with organization_scope(fernhollow.id):
        yield make_ticket()


def change_status(ticket: Ticket, times: int) -> None:
    """The history has so many entries more."""
    for _time in range(times):
        position = counters.take(events=1).event_position
        data = {"from": "open", "to": "hold"}
        TicketEvent.objects.create(
            ticket=ticket, position=position, kind=EventKind.STATUS_CHANGED, data=data, at=clock.now(), origin="web"
        )


def positions(thread: Thread) -> list[int]:
    """Of everything in the thread, in its order."""
    entries = (e.events if isinstance(e, EventEntry) else [e.message] for e in thread.entries)
    return [row.position for rows in entries for row in rows]


@pytest.mark.parametrize("changes", [3, HISTORY_LENGTH + 5])
def test_the_thread_is_the_same_with_the_history_at_hand(ticket: Ticket, changes: int) -> None:
    add_message(ticket)
    change_status(ticket, changes)
    add_message(ticket)
    with_history = positions(thread_of(ticket, history=history_of(ticket)))
    assert with_history == positions(thread_of(ticket))
    assert len(with_history) == changes + 3
    assert with_history == sorted(with_history)


def test_a_short_history_saves_the_thread_its_query(
    ticket: Ticket, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    change_status(ticket, 3)
    history = history_of(ticket)
    with django_assert_num_queries(3):  # messages, their recipients, their files
        thread_of(ticket, history=history)
