"""Tickets whose fields had values before search knew them are found by these after an upgrade, a few at a time."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from helpdesk.running.examination import examine
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import make_contact, make_ticket
from ticketing.models import SearchDocument, Ticket, TicketField
from ticketing.queries.search import find_tickets
from ticketing.services import field_indexing

pytestmark = [pytest.mark.django_db, pytest.mark.req("S4.34")]
SAID = "Search takes in the custom fields of older tickets"


@pytest.fixture
def tickets(fernhollow: Any, monkeypatch: pytest.MonkeyPatch) -> list[Ticket]:
    """Five of fernhollow from before, four of them with a value, and the upgrade was made."""
    monkeypatch.setattr(field_indexing, "BATCH", 2)
    with organization_scope(fernhollow.id):
        TicketField.objects.create(key="order_no", label="Order number", kind="text")
        made = [make_ticket(f"T{number}", contact=make_contact()) for number in range(5)]
        Ticket.objects.exclude(id=made[1].id).update(fields={"order_no": "A 1041"})
    ask = import_module("ticketing.migrations.0063_fields_to_index").ask
    ask(apps, SimpleNamespace(connection=connection))
    ask(apps, SimpleNamespace(connection=connection))
    return made


def found(organization: Any) -> list[int]:
    with organization_scope(organization.id):
        return sorted(find_tickets("order_no:1041", among=Ticket.objects.all()).values_list("id", flat=True))


@pytest.mark.both
def test_all_of_them_are_found_when_the_work_is_done(fernhollow: Any, tickets: list[Ticket]) -> None:
    assert found(fernhollow) == []
    assert any(SAID in finding.sentence for finding in examine())
    assert drains.drain_now(WorkKind.INDEX_FIELDS) == 4  # three with tickets, and the one that finds no more
    assert found(fernhollow) == [ticket.id for number, ticket in enumerate(tickets) if number != 1]
    assert not WorkItem.objects.filter(kind=WorkKind.INDEX_FIELDS).exists()
    assert not any(SAID in finding.sentence for finding in examine())


def test_a_turn_that_dies_is_done_again_and_leaves_nothing_out_or_double(
    fernhollow: Any, tickets: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = iter([True])

    def wake(_kind: WorkKind) -> None:
        if next(broken, False):
            raise RuntimeError

    monkeypatch.setattr(drains, "wake", wake)
    for _turn in range(2):
        WorkItem.objects.update(due_at=WorkItem.objects.earliest("set_at").set_at)
        drains.drain_now(WorkKind.INDEX_FIELDS)
    assert len(found(fernhollow)) == 4
    with organization_scope(fernhollow.id):
        assert SearchDocument.objects.filter(message=None).count() == 4


def test_a_value_that_was_changed_meanwhile_stays_as_it_is(fernhollow: Any, tickets: list[Ticket]) -> None:
    with organization_scope(fernhollow.id):
        Ticket.objects.filter(id=tickets[0].id).update(fields={"order_no": "B 77"})
        SearchDocument.objects.create(ticket=tickets[0], body="77")
    drains.drain_now(WorkKind.INDEX_FIELDS)
    assert tickets[0].id not in found(fernhollow)
    assert len(found(fernhollow)) == 3
