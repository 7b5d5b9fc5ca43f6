"""A worker is killed while it brings open tickets over: the next one goes on, and no entry waits twice."""

from __future__ import annotations

import pytest

from tests.faults.harness import LEASE_S, SLUG, Installation

pytestmark = [pytest.mark.servers, pytest.mark.both, pytest.mark.req("S3.5", "S3.6")]
_WITHIN = f"""
from datetime import timedelta
from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from tests.factories.integrations import make_integration
from tests.factories.people import make_member
from tests.factories.tickets import make_contact, make_ticket
from ticketing.models import Ticket, Webhook, WebhookDelivery
from ticketing.services.webhooks.bringing import start_bringing_over
from ticketing.services.webhooks.subscriptions import WebhookInput, create_webhook
organization = Organization.objects.get(slug={SLUG!r})
"""
_START = """
with organization_scope(organization.pk):
    admin = make_member(organization, role="admin", email="{name}@agents.test")
    Ticket.objects.update(status="closed")  # of tests before: all that is open would be brought over
    contact = make_contact(address="{name}@larkmoor.test")
    for number in range(3):
        make_ticket("{name}", contact=contact)
    data = WebhookInput(url="https://desk.example/{name}", types=["ticket.created", "message.created"])
    webhook, _secret = create_webhook(make_integration(admin, name="{name}"), data, actor=admin)
    start_bringing_over(webhook, actor=admin)
"""
_WORK = """
with clock.held_at(clock.now() + timedelta(seconds={in_s})):
    drains.drain_now(WorkKind.BRING_OVER, budget_s=20)
"""
_COUNT = """
with organization_scope(organization.pk):
    rows = WebhookDelivery.objects.filter(webhook__integration__name="{name}", ticket__subject="{name}")
    print(rows.count(), rows.values("ticket").distinct().count(), Webhook.objects.get(
        integration__name="{name}").bringing_over.state)
    Webhook.objects.filter(integration__name="{name}").update(state="paused")
"""


@pytest.mark.parametrize("fault", ["bringing.written:kill", "bringing.committed:kill"])
def test_a_killed_worker_doubles_nothing_and_the_next_one_goes_on(installation: Installation, fault: str) -> None:
    name = fault.split(":")[0].replace(".", "-")
    installation.script(_WITHIN + _START.format(name=name))
    assert installation.start_script(_WITHIN + _WORK.format(in_s=0), fault=fault).wait().was_killed
    installation.script(_WITHIN + _WORK.format(in_s=LEASE_S + 600))
    assert installation.script(_WITHIN + _COUNT.format(name=name)).split() == ["3", "3", "done"]
