"""Fields in the list of tickets: shown where they say so, and given to many tickets at once."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import make_ticket
from ticketing.models import BulkChange, BulkState, Ticket, TicketField
from ticketing.services.search import index_fields

HERE = "/o/fernhollow/"
QUEUE = f"{HERE}views/needs-reply/"
FIELDS = f"{HERE}tickets/changes/field/"


@pytest.fixture
def tickets(fernhollow: Any) -> list[Ticket]:
    """Three, one of them of a type; a field of words and one of a number."""
    with organization_scope(fernhollow.id):
        TicketField.objects.create(
            key="type", label="Type", kind="choice", choices=["Question", "Incident"], in_lists=True
        )
        TicketField.objects.create(key="price", label="Price", kind="number", place=1)
        TicketField.objects.create(key="old", label="Old", kind="text", place=2, is_active=False)
        values = {"type": "Incident", "price": 3}
        made = [make_ticket(f"T{n}", fields=values if n == 0 else {}) for n in range(3)]
        index_fields(made)
        return made


def stored(fernhollow: Any) -> list[Any]:
    with organization_scope(fernhollow.id):
        return list(Ticket.objects.order_by("number").values_list("fields", flat=True))


@pytest.mark.django_db
@pytest.mark.req("S4.34")
def test_the_list_shows_fields_that_say_so_and_offers_those_in_use(
    signed_in: Any, people: Any, tickets: list[Ticket]
) -> None:
    agent = signed_in(people.agent)
    page = agent.get(QUEUE).content.decode()
    assert page.count('<p class="trow__fields">') == 1
    assert 'title="Type: Incident"' in page
    assert 'title="Price: 3"' not in page
    offered = agent.get(f"{HERE}tickets/fields/").content.decode()
    assert offered.count("<details") == 2
    assert 'formaction="/o/fernhollow/tickets/changes/field/?key=type"' in offered


@pytest.mark.django_db
@pytest.mark.req("S4.34")
def test_picked_tickets_get_a_value_with_undo_and_a_bad_one_is_said(
    signed_in: Any, people: Any, fernhollow: Any, tickets: list[Ticket]
) -> None:
    agent, numbers = signed_in(people.agent), [ticket.number for ticket in tickets]
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{QUEUE}"}

    def post(key: str, *values: str) -> str:
        data = {"ticket": numbers, f"field-{key}": values, "field-other": "x"}
        answer = agent.post(f"{FIELDS}?key={key}", data, headers=headers)
        return str(answer.headers.get("HX-Trigger", "")) + answer.content.decode()

    assert "2 tickets changed: Type: Incident" in (said := post("type", "Incident"))
    assert "undoing" in said
    assert "Price is a number" in post("price", "cheap")
    assert "3 tickets changed: Price: 12" in post("price", "12")
    assert "3 tickets changed: Price: Not set" in post("price", "")
    assert "not among the choices" in post("nonsense", "x")
    assert "is retired" in post("old", "x")
    assert stored(fernhollow) == [{"type": "Incident"}] * 3


@pytest.mark.django_db(transaction=True)
def test_a_worker_gives_what_a_search_found_and_then_a_whole_view_a_value(
    signed_in: Any, people: Any, fernhollow: Any, tickets: list[Ticket]
) -> None:
    agent = signed_in(people.agent)
    data = {"all": "needs-reply", "q": "type:incident", "field-price": "40"}
    assert agent.post(f"{FIELDS}?key=price", data).status_code == 302
    drains.drain_now(WorkKind.BULK_CHANGE, budget_s=60)
    with organization_scope(fernhollow.id):
        change = BulkChange.objects.get()
        assert (change.state, change.changed, change.value_name) == (BulkState.DONE, 1, "Price: 40")
    agent.post(f"{FIELDS}?key=price", data | {"q": "", "field-price": "3"})
    drains.drain_now(WorkKind.BULK_CHANGE, budget_s=60)
    assert [fields.get("price") for fields in stored(fernhollow)] == [3, 3, 3]
    assert "3 tickets changed: Price: 3." in agent.get(QUEUE).content.decode()
