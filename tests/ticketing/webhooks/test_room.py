"""A system that answers slowly is called from a few workers at a time, so that others are told meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.services.reading.places import give_up_places, take_place
from tests.factories.tickets import make_ticket
from tests.fakes.webhook_receiver import WebhookReceiver
from ticketing.models import Webhook, WebhookDelivery
from ticketing.services.webhooks.room import AT_ONE_WEBHOOK, OF_ONE_ORGANIZATION

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.req("S3.5")]


@pytest.mark.parametrize(
    ("name", "count"),
    [("webhook-calls:{webhook}", AT_ONE_WEBHOOK), ("webhook-calls-of:{organization}", OF_ONE_ORGANIZATION)],
)
def test_a_call_waits_for_a_place_and_gives_it_up_afterwards(
    fernhollow: Any, webhook: Webhook, receiver: WebhookReceiver, work_off: Any, name: str, count: int
) -> None:
    with organization_scope(fernhollow.id):
        make_ticket()
    places = name.format(webhook=webhook.pk, organization=fernhollow.pk)
    taken = [take_place(places, count=count, timeout_s=600) for _each in range(count)]
    assert None not in taken
    work_off()
    assert receiver.told == []
    with organization_scope(fernhollow.id):
        assert WebhookDelivery.objects.get().attempts == 0
    give_up_places(filter(None, taken))
    work_off(clock.now() + timedelta(minutes=1))
    assert len(receiver.told) == 1
    assert None not in [take_place(places, count=count, timeout_s=1) for _each in range(count)]
