"""Changing what a ticket is, and the history that is left of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.tickets import make_ticket
from ticketing.models import EventKind, Priority, SpamMark, Status, TicketEvent
from ticketing.services import changes
from ticketing.services.history import By

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_fernhollow")]


def events() -> list[tuple[str, dict[str, Any]]]:
    rows = TicketEvent.objects.exclude(kind=EventKind.MESSAGE_RECEIVED).order_by("position")
    return [(event.kind, event.data) for event in rows]


def test_a_status_change_is_written_down(people: Any) -> None:
    ticket = make_ticket()
    changes.change_status([ticket], status=Status.SOLVED, by=By(actor=people.agent))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.needs_reply) == (Status.SOLVED, False)
    [(kind, data)] = events()
    assert (kind, data["from"], data["to"], data["before"]["needs_reply"]) == ("status_changed", "new", "solved", True)


def test_a_closed_ticket_does_not_become_solved(people: Any) -> None:
    closed = make_ticket(status=Status.CLOSED)
    other = make_ticket()
    with pytest.raises(changes.ChangeRefused, match=f"#{closed.number}"):
        changes.change_status([other, closed], status=Status.SOLVED, by=By(actor=people.agent))
    other.refresh_from_db()
    assert (other.status, events()) == (Status.NEW, [])


def test_the_same_again_changes_nothing(people: Any) -> None:
    ticket = make_ticket(status=Status.HOLD)
    assert changes.change_status([ticket], status=Status.HOLD, by=By(actor=people.agent)) == []
    assert events() == []


def test_a_ticket_is_given_to_an_agent_and_taken_back(people: Any) -> None:
    ticket = make_ticket()
    changes.assign([ticket], assignee=people.agent, by=By(actor=people.admin))
    changes.assign([ticket], assignee=None, by=By(actor=people.admin))
    assert [data["to"] for _, data in events()] == ["Ines Duarte", ""]


def test_a_viewer_is_given_no_tickets(people: Any) -> None:
    with pytest.raises(changes.ChangeRefused):
        changes.assign([make_ticket()], assignee=people.viewer, by=By(actor=people.admin))


def test_a_tag_is_found_whatever_its_case(people: Any) -> None:
    ticket = make_ticket()
    changes.add_tag([ticket], name="Safety", by=By(actor=people.agent))
    changes.add_tag([ticket], name=" safety ", by=By(actor=people.agent))
    assert [tag.name for tag in ticket.tags.all()] == ["Safety"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 31])
def test_a_tag_without_a_fit_name_is_refused(people: Any, name: str) -> None:
    with pytest.raises(changes.ChangeRefused):
        changes.add_tag([make_ticket()], name=name, by=By(actor=people.agent))


@pytest.mark.req("S3.20")
def test_spam_and_back_keeps_the_status(people: Any) -> None:
    ticket = make_ticket(status=Status.HOLD)
    changes.mark_spam([ticket], is_spam=True, by=By(actor=people.agent))
    changes.mark_spam([ticket], is_spam=False, by=By(actor=people.agent))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.is_spam, ticket.spam_mark) == (Status.HOLD, False, SpamMark.MANUAL_CLEAN)


def test_positions_follow_each_other_over_tickets(people: Any) -> None:
    first, second = make_ticket(), make_ticket()
    changes.set_priority([first, second], priority=Priority.HIGH, by=By(actor=people.agent))
    first.refresh_from_db()
    second.refresh_from_db()
    assert second.last_position == first.last_position + 1
