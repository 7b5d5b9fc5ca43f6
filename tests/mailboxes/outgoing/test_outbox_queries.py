"""What pages and commands see of the outbox."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from helpdesk.lib import clock
from mailboxes.models import DeliveryState, OutboxMessage
from mailboxes.queries.outbox import deliveries, outbox_count, outbox_page
from tests.factories.outgoing import make_outgoing_server, queue_mail

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def server(in_fernhollow: Any, clear_text_allowed: None) -> Any:
    return make_outgoing_server()


@pytest.mark.req("F107")
def test_pages_follow_each_other_without_gap_or_repetition(server: Any) -> None:
    queued = [queue_mail(server).id for _ in range(5)]
    OutboxMessage.objects.update(queued_at=clock.now())
    first = outbox_page(size=2)[:2]
    last = first[-1].outbox
    second = outbox_page(size=2, before=(last.queued_at, last.id))
    assert [d.outbox.id for d in first] == queued[:2:-1]
    assert [d.outbox.id for d in second] == queued[2::-1]


def test_a_page_shows_the_states_asked_for(server: Any) -> None:
    failed, _queued = queue_mail(server), queue_mail(server)
    OutboxMessage.objects.filter(id=failed.id).update(state=DeliveryState.FAILED)
    assert [d.outbox.id for d in outbox_page([DeliveryState.FAILED])] == [failed.id]
    assert (outbox_count(), outbox_count([DeliveryState.QUEUED])) == (1, 1)


@pytest.mark.parametrize("number", [1, 12])
def test_a_page_takes_two_queries_however_long(number: int, server: Any, django_assert_num_queries: Any) -> None:
    for _ in range(number):
        queue_mail(server, to=["a@b.test", "c@d.test"])
    with django_assert_num_queries(2):
        page = outbox_page()
        assert [len(delivery.recipients) for delivery in page] == [2] * number
        assert not any(delivery.is_paused for delivery in page)


def test_a_delivery_says_whether_it_can_be_undone(server: Any) -> None:
    outbox = queue_mail(server, send_after=clock.in_seconds(10))
    delivery = deliveries([outbox.id])[outbox.id]
    assert delivery.can_be_undone(clock.now())
    assert not delivery.can_be_undone(clock.in_seconds(11))
    assert not delivery.needs_a_person


def test_a_delivery_says_that_its_server_is_paused(server: Any) -> None:
    outbox = queue_mail(server)
    server.paused_at = clock.now()
    server.save()
    assert deliveries([outbox.id])[outbox.id].is_paused


def test_the_command_lists_the_outbox_as_json_lines(server: Any, fernhollow: Any) -> None:
    outbox = queue_mail(server)
    out = StringIO()
    call_command("outbox", organization="fernhollow", state=["queued"], stdout=out)
    (line,) = map(json.loads, out.getvalue().splitlines())
    assert (line["id"], line["message_id"], line["state"]) == (outbox.id, outbox.message_id, "queued")
    assert line["recipients"][0]["address"] == "anna@customer.test"


def test_the_command_names_an_organization_that_is_none(db: None) -> None:
    with pytest.raises(CommandError, match="nowhere"):
        call_command("outbox", organization="nowhere")


def test_the_command_after_a_restore_counts_what_became_unknown(server: Any) -> None:
    queue_mail(server, to=["a@b.test", "c@d.test"])
    out = StringIO()
    call_command("hold_outbox", json=True, stdout=out)
    assert json.loads(out.getvalue()) == {"epoch": 2, "unknown": 2}
