"""`python -m tests.bench.pages TICKETS`: what the list, a ticket and a search cost with so many tickets, as JSON.

Runs in its own process as the application's role, on a database that has been migrated.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from datetime import timedelta
from typing import Any

from tests.bench.database import vacuum

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

REPEATS = 25
BATCH = 5000


def main(wanted: int) -> dict[str, Any]:
    """Medians in milliseconds and numbers of queries, by page."""
    from django.test import Client

    import helpdesk.wsgi  # noqa: F401  sets Django up as it is served

    slug = f"pages{wanted}"
    member, number = _seed(slug, wanted)
    client = Client(SERVER_NAME="localhost")
    client.force_login(member.user)
    vacuum(os.environ["DATABASE_OWNER_URL"])
    pages = {
        "ticket list": f"/o/{slug}/views/all-open/",
        "ticket page": f"/o/{slug}/tickets/{number}/",
        "one-word search": f"/o/{slug}/views/all-open/?q=ridge",
    }
    return {name: _measure(client, address) for name, address in pages.items()}


def _measure(client: Any, address: str) -> dict[str, float]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    count = len(queries)  # now: the next request empties the log
    assert answer.status_code == 200, (address, answer.status_code)
    times, cpu_times = [], []
    for _ in range(REPEATS):
        began, cpu = time.perf_counter(), time.process_time()
        client.get(address)
        times.append((time.perf_counter() - began) * 1000)
        cpu_times.append((time.process_time() - cpu) * 1000)
    return {
        "median_ms": round(statistics.median(times), 1),
        "cpu_ms": round(statistics.median(cpu_times), 1),  # of Python alone, not of the database
        "queries": count,
    }


def _seed(slug: str, wanted: int) -> tuple[Any, int]:
    from helpdesk.accounts.models import Membership, Role, User
    from helpdesk.accounts.services.organizations import create_organization
    from helpdesk.tenancy.scope import organization_scope
    from tests.factories.tickets import make_contact

    organization = create_organization(slug=slug, name=slug)
    user = User.objects.create_user(f"agent@{slug}.test")
    member = Membership.objects.create(organization=organization, user=user, role=Role.AGENT)
    with organization_scope(organization.id):
        contacts = [make_contact(f"Customer {n}") for n in range(200)]
    for start in range(0, wanted, BATCH):
        with organization_scope(organization.id):
            _add_tickets(contacts, first=start + 1, count=min(BATCH, wanted - start))
    return member, wanted // 2


def _add_tickets(contacts: list[Any], *, first: int, count: int) -> None:
    from helpdesk.lib import clock
    from ticketing.models import Message, MessageKind, SearchDocument, Status, ThreadReason, Ticket, TicketEvent

    now = clock.now()
    tickets = [
        Ticket(
            number=number,
            subject=f"Ridge {number % 7} tent, order {number}" if number % 50 == 0 else f"Stove valve, order {number}",
            status=(Status.NEW, Status.OPEN, Status.WAITING, Status.SOLVED)[number % 4],
            requester=contacts[number % len(contacts)],
            requester_name=contacts[number % len(contacts)].name,
            snippet="It hisses after the first use and smells of gas.",
            needs_reply=number % 4 < 2,
            created_at=now,
            active_at=now - timedelta(seconds=number),
            last_position=number,
            message_count=1,
        )
        for number in range(first, first + count)
    ]
    Ticket.objects.bulk_create(tickets)
    messages = [
        Message(
            ticket=ticket,
            kind=MessageKind.INBOUND,
            position=ticket.number,
            contact=ticket.requester,
            from_name=ticket.requester_name,
            from_address="customer@customers.test",
            subject=ticket.subject,
            text="It hisses after the first use and smells of gas. " * 8,
            reply_text="It hisses after the first use and smells of gas. " * 8,
            created_at=now,
            thread_reason=ThreadReason.NEW,
        )
        for ticket in tickets
    ]
    Message.objects.bulk_create(messages)
    TicketEvent.objects.bulk_create(
        TicketEvent(
            ticket=m.ticket,
            position=m.position,
            kind="message_received",
            cause="mail",
            origin="worker",
            message=m,
            at=now,
        )
        for m in messages
    )
    SearchDocument.objects.bulk_create(
        SearchDocument(ticket=m.ticket, message=m, body=f"{m.subject} {m.from_name} {m.text}".lower()) for m in messages
    )


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
