"""How PostgreSQL finds what intake and lists ask for, as the application's role."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from helpdesk.tenancy.databases import OWNER_ALIAS
from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import add_message, make_ticket
from ticketing.models import Message, MessageRecipient, SearchDocument, Ticket
from ticketing.queries import tickets
from ticketing.queries.search import find_tickets

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="it is PostgreSQL's planner"),
]


def fill(count: int) -> Ticket:
    """So many messages with recipients in the open organization; the ticket of the last."""
    ticket = make_ticket()
    message = add_message(ticket)
    template = Message.objects.get(pk=message.pk)
    Message.objects.bulk_create(
        Message(
            ticket=ticket,
            kind=template.kind,
            position=template.position + n,
            created_at=template.created_at,
            thread_reason=template.thread_reason,
        )
        for n in range(1, count)
    )
    rows = Message.objects.filter(ticket=ticket)
    MessageRecipient.objects.bulk_create(
        MessageRecipient(message=row, header="to", address=f"person{row.pk}@customers.test") for row in rows
    )
    return ticket


def analyze() -> None:
    """As autovacuum does, by the role that owns the tables."""
    owner = connection.settings_dict | {"USER": settings.DATABASES[OWNER_ALIAS]["USER"]}
    with psycopg.connect(
        host=owner["HOST"], port=owner["PORT"], dbname=owner["NAME"], user=owner["USER"], autocommit=True
    ) as session:
        # The test server commits without waiting for its log; until that is written, no page counts as visible to all.
        session.execute("SET synchronous_commit = on")
        session.execute("CREATE TEMPORARY TABLE written ()")
        session.execute("VACUUM ANALYZE")


@pytest.fixture
def many(fernhollow: Any) -> None:
    """20,000 open tickets that nobody has taken; 40 of them are found by the word ridge."""
    with organization_scope(fernhollow.id):
        first = make_ticket()
        tickets_made = Ticket.objects.bulk_create(
            (
                Ticket(
                    number=first.number + n,
                    requester=first.requester,
                    created_at=first.created_at,
                    active_at=first.active_at,
                )
                for n in range(1, 20_001)
            ),
            batch_size=2000,
        )
        for ticket in tickets_made[::500]:
            message = add_message(ticket)
            SearchDocument.objects.create(ticket=ticket, message=message, body="ridge tent")
    analyze()


def most_rows(plan: str) -> int:
    """Of the step that gave most rows, over all its runs."""
    return max(int(rows) * int(loops) for rows, loops in re.findall(r"actual .*?rows=(\d+) loops=(\d+)", plan))


def test_counts_of_views_stop_at_their_limit(many: None, fernhollow: Any, people: Any) -> None:
    with organization_scope(fernhollow.id):
        for view in tickets.VIEWS:
            rows = tickets.visible_tickets(people.agent).filter(view.select(people.agent)).order_by()
            plan = rows.values("pk")[:1000].explain(analyze=True)
            assert most_rows(plan) <= 1000, f"{view.slug}: {plan}"


def test_search_looks_up_what_it_found_alone(many: None, fernhollow: Any, people: Any) -> None:
    with organization_scope(fernhollow.id):
        among = tickets.tickets_in(tickets.VIEWS[5], actor=people.agent)
        found = find_tickets("ridge", among=among).order_by(*tickets.LIST_ORDER)
        assert most_rows(found[:51].explain(analyze=True)) <= 200
        assert len(found) == 40


def test_an_organization_that_is_new_to_the_planner_is_not_read_whole(fernhollow: Any, otherco: Any) -> None:
    with organization_scope(fernhollow.id):
        fill(300)
    analyze()
    with organization_scope(otherco.id):
        fill(3000)
        wanted = make_ticket()
        add_message(wanted)
        named = MessageRecipient.objects.filter(message__ticket_id__in=[wanted.pk], address__in=["anna@customer.test"])
        plan = named.values("message__ticket_id", "address").distinct().explain(analyze=True)
    in_vain = [int(found) for found in re.findall(r"Rows Removed by [A-Za-z ]+: (\d+)", plan)]
    assert sum(in_vain) < 10, plan
