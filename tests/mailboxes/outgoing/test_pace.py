"""So many mails a minute and no more, whoever sends them; what waits says so, goes on in order, and is never lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import OutboxMessage, OutgoingServer
from mailboxes.queries.outbox import deliveries
from mailboxes.services.reading.places import give_up_places
from mailboxes.services.sending import pace
from mailboxes.services.sending.settling import cancel
from tests.factories.outgoing import make_outgoing_server, queue_mail
from tests.mailboxes.outgoing.mails import Deliver, due_again

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.usefixtures("own_cache")]
MINUTE = timedelta(minutes=1)
START = (clock.now() + timedelta(hours=1)).replace(second=5, microsecond=0)


def queue_many(server: OutgoingServer, number: int) -> list[OutboxMessage]:
    """So many mails are due."""
    return [queue_mail(server) for _ in range(number)]


def limited(server: OutgoingServer, mails_per_minute: int) -> OutgoingServer:
    """The server with a rate."""
    server.mails_per_minute = mails_per_minute
    server.save()
    return server


@pytest.mark.req("F109")
def test_no_more_leaves_in_a_minute_than_the_provider_takes(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, monkeypatch: Any
) -> None:
    monkeypatch.setitem(pace.MAILS_PER_MINUTE, outgoing_server.host, 2)
    with clock.held_at(START):
        queue_many(outgoing_server, 5)
    arrived = []
    for minute in range(3):
        with clock.held_at(START + minute * MINUTE):
            deliver_all()
        arrived.append(len(smtp_server.received))
    assert arrived == [2, 4, 5]


@pytest.mark.req("F109")
def test_the_minute_is_any_minute_and_not_one_of_the_clock(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    limited(outgoing_server, 2)
    end_of_minute = START.replace(second=58)
    with clock.held_at(end_of_minute):
        queue_many(outgoing_server, 4)
        deliver_all()
    with clock.held_at(end_of_minute + timedelta(seconds=4)):
        WorkItem.objects.filter(kind=WorkKind.DELIVER).update(due_at=clock.now())
        deliver_all()
    assert len(smtp_server.received) == 2


@pytest.mark.req("F67")
def test_what_waits_says_so_and_when_it_goes_on(outgoing_server: Any, deliver_all: Deliver) -> None:
    limited(outgoing_server, 1)
    with clock.held_at(START):
        first, second, third = queue_many(outgoing_server, 3)
        deliver_all()
        found = deliveries([first.pk, second.pk, third.pk])
        assert [found[each.pk].is_throttled for each in (first, second, third)] == [False, True, True]
    waiting = [found[each.pk].outbox for each in (second, third)]
    assert [(row.state, row.error_reason, row.attempts) for row in waiting] == [("queued", "rate", 0)] * 2
    assert [row.next_try_at for row in waiting] == [START + MINUTE, START + 2 * MINUTE]
    assert [due_again(row) for row in waiting] == [START + MINUTE, START + 2 * MINUTE]


def test_who_was_queued_first_goes_first(outgoing_server: Any, smtp_server: Any, deliver_all: Deliver) -> None:
    limited(outgoing_server, 1)
    with clock.held_at(START):
        _first, second = queue_many(outgoing_server, 2)
        deliver_all()
    with clock.held_at(START + MINUTE):
        third = queue_mail(outgoing_server)
        WorkItem.objects.filter(row_id=second.pk, kind=WorkKind.DELIVER).update(due_at=clock.in_seconds(1))
        deliver_all()
    with clock.held_at(START + MINUTE + timedelta(seconds=2)):
        deliver_all()
    second.refresh_from_db()
    third.refresh_from_db()
    assert (second.state, third.state, third.error_reason) == ("sent", "queued", "rate")


def test_whoever_was_cancelled_holds_up_nobody(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, people: Any
) -> None:
    limited(outgoing_server, 1)
    with clock.held_at(START):
        _first, second, third = queue_many(outgoing_server, 3)
        deliver_all()
        cancel(second, actor=people.admin)
    with clock.held_at(START + MINUTE):
        WorkItem.objects.filter(row_id=third.pk, kind=WorkKind.DELIVER).update(due_at=clock.now())
        deliver_all()
    third.refresh_from_db()
    assert (third.state, third.error_reason) == ("sent", "")


def test_another_server_has_a_rate_of_its_own(outgoing_server: Any, smtp_server: Any, deliver_all: Deliver) -> None:
    other = limited(make_outgoing_server(smtp_server.port), 1)
    limited(outgoing_server, 1)
    with clock.held_at(START):
        for server in (outgoing_server, other):
            queue_many(server, 2)
        deliver_all()
    assert len(smtp_server.received) == 2


def test_a_clock_that_was_turned_back_holds_up_nothing(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    limited(outgoing_server, 1)
    with clock.held_at(START + timedelta(days=1)):
        queue_mail(outgoing_server)
        deliver_all()
        OutgoingServer.objects.update(throttled_until=clock.in_seconds(3600))
    with clock.held_at(START):
        queue_mail(outgoing_server)
        deliver_all()
    assert len(smtp_server.received) == 2


@pytest.mark.req("F67", "F109")
def test_a_server_that_asks_to_wait_is_left_alone_by_all_its_mail(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    smtp_server.behave(sender_answer="451 4.7.28 rate limit exceeded, throttled")
    with clock.held_at(START):
        first, second = queue_many(outgoing_server, 2)
        deliver_all()
        smtp_server.behave(sender_answer=None)
        found = deliveries([first.pk, second.pk])
        assert [delivery.is_throttled for delivery in found.values()] == [True, True]
    assert [(found[each.pk].outbox.attempts) for each in (first, second)] == [1, 0]
    assert found[second.pk].outbox.next_try_at == START + MINUTE
    with clock.held_at(START + 2 * MINUTE):
        deliver_all()
    assert len(smtp_server.received) == 2


@pytest.mark.req("F109")
def test_a_server_has_few_connections_side_by_side_and_the_next_mail_waits_seconds(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    taken = [pace.take_connection(outgoing_server) for _ in range(pace.CONNECTIONS)]
    outbox = queue_mail(outgoing_server)
    deliver_all()
    outbox.refresh_from_db()
    assert (None in taken, outbox.state, outbox.attempts, outbox.error_reason) == (False, "queued", 0, "")
    assert timedelta() < due_again(outbox) - clock.now() <= timedelta(seconds=3)
    for places in filter(None, taken):
        give_up_places(places)
    WorkItem.objects.filter(kind=WorkKind.DELIVER).update(due_at=clock.now())
    deliver_all()
    assert len(smtp_server.received) == 1


def test_a_connection_is_free_again_however_the_attempt_ended(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    smtp_server.behave(sender_answer="451 4.3.0 later")
    queue_many(outgoing_server, pace.CONNECTIONS + 1)
    deliver_all()
    assert all(pace.take_connection(outgoing_server) for _ in range(pace.CONNECTIONS))


@pytest.mark.req("F109")
def test_microsoft_is_met_with_fewer_connections_than_it_refuses(in_fernhollow: Any) -> None:
    server = OutgoingServer(host="smtp.office365.com")
    assert [pace.take_connection(server) is not None for _ in range(3)] == [True, True, False]


def test_trouble_of_the_server_alone_holds_up_nothing_else(outgoing_server: Any) -> None:
    pace.note_throttled(outgoing_server, error=ConnectorError(Reason.SERVER_ERROR, permanent=False))
    outgoing_server.refresh_from_db()
    assert outgoing_server.throttled_until is None
    wish = ConnectorError(Reason.SERVER_ERROR, permanent=False, retry_after_s=120)
    with clock.held_at(START):
        pace.note_throttled(outgoing_server, error=wish)
    outgoing_server.refresh_from_db()
    assert outgoing_server.throttled_until == START + 2 * MINUTE


def test_waiting_for_a_turn_takes_few_queries_however_many_wait(
    outgoing_server: Any, django_assert_max_num_queries: Any
) -> None:
    limited(outgoing_server, 5)
    mails = queue_many(outgoing_server, 40)
    OutboxMessage.objects.update(error_reason="rate", next_try_at=clock.in_seconds(30))
    with django_assert_max_num_queries(3 if connection.vendor == "postgresql" else 2):
        assert pace.wait_for_turn(mails[-1], outgoing_server) is not None


@pytest.mark.req("F67", "F107")
def test_the_outbox_and_the_ticket_show_that_a_mail_is_throttled_and_until_when(
    outgoing_server: Any, deliver_all: Deliver, people: Any, client: Client, fernhollow: Any
) -> None:
    limited(outgoing_server, 1)
    queue_many(outgoing_server, 2)
    deliver_all()
    client.force_login(people.admin.user)
    with organization_scope(fernhollow.id):
        page = client.get("/o/fernhollow/outbox/?show=all").content.decode()
    assert "Throttled" in page
    assert "only so many mails a minute may leave through this server" in page
    assert "Goes on" in page
