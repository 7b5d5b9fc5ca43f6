"""How PostgreSQL finds what intake asks for, as the application's role."""

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
from ticketing.models import Message, MessageRecipient, Ticket

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
        session.execute("ANALYZE")


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
