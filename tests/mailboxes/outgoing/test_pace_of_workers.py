"""Two workers under one pace, at the same moment: the second counts what the first is about to send."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from django.db import connection, connections

from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import OutboxMessage
from mailboxes.services.sending import pace
from tests.factories.outgoing import make_outgoing_server, queue_mail
from tests.servers.waiting import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("own_cache"),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite in memory refuses instead of waiting"),
]
WORKERS = 2


def waiting_for_a_lock() -> int:
    """How many sessions of this database wait for their turn (`one_at_a_time`)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return int(cursor.fetchone()[0])


def run(*work: Callable[[], object]) -> None:
    """All of these at once, each on a database connection of its own."""

    def once(what: Callable[[], object]) -> None:
        try:
            what()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=once, args=(what,)) for what in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


@pytest.mark.req("F109", "F67")
def test_two_workers_that_count_at_the_same_moment_send_one_mail_and_not_two(
    fernhollow: Any,
    smtp_server: Any,
    settings: Any,
    clear_text_allowed: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.MAIL_ALLOWED_PORTS = frozenset({smtp_server.port})
    with organization_scope(fernhollow.id):
        server = make_outgoing_server(smtp_server.port, mails_per_minute=1)
        mails = [queue_mail(server) for _ in range(WORKERS)]
    arrivals, counted = count(), list[int]()
    ahead, take_turn = pace._ahead, pace.one_at_a_time

    def overtaken(name: str) -> None:
        """Who comes first is overtaken, so that the other one is at it later than this one began."""
        if next(arrivals) == 0:
            wait_until(lambda: counted, timeout_s=30)
        take_turn(name)

    def meet(*arguments: Any, **options: Any) -> int:
        """Who has counted waits here until the other has counted, too, or may not before this one has committed."""
        counted.append(1)
        wait_until(lambda: len(counted) == WORKERS or waiting_for_a_lock(), timeout_s=30)
        return ahead(*arguments, **options)

    monkeypatch.setattr(pace, "one_at_a_time", overtaken)
    monkeypatch.setattr(pace, "_ahead", meet)
    run(*(lambda row_id=mail.pk: drains.drain_now(WorkKind.DELIVER, row_ids=[row_id]) for mail in mails))
    with organization_scope(fernhollow.id):
        found = OutboxMessage.objects.values_list("state", "error_reason", "attempts")
        assert sorted(found) == [("queued", "rate", 0), ("sent", "", 1)]
    assert (len(smtp_server.received), len(counted)) == (1, WORKERS)
