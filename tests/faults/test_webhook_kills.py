"""Workers and web processes die while another system is told, and while it calls: nothing is lost, nothing doubled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.fakes.webhook_receiver import WebhookReceiver
from tests.faults.harness import SLUG, Installation

pytestmark = [pytest.mark.servers, pytest.mark.both, pytest.mark.req("S3.5", "S3.6", "S3.7")]
_numbers = count(1)

BEGIN = """
import json
from ipaddress import ip_network
from django.conf import settings
from helpdesk.accounts.models import Organization
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from tests.factories.integrations import make_integration
from tests.factories.people import make_member
from tests.factories.tickets import make_contact, make_ticket
from ticketing.models import *
from ticketing.services.syncing import accepting, hooks
from ticketing.services.webhooks.subscriptions import WebhookInput, create_webhook
settings.MAIL_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"), ip_network("::1"))
settings.MAIL_ALLOWED_PORTS = frozenset([{port}])
settings.MAIL_CA_FILE = {ca_path!r}
organization = Organization.objects.get(slug={slug!r})
"""
SUBSCRIBE = """
with organization_scope(organization.id):
    admin = make_member(organization, role="admin", email="{name}@agents.test")
    data = WebhookInput(url={url!r}, types=["message.created"])
    print(create_webhook(make_integration(admin, name="{name}"), data, actor=admin)[1])
    make_ticket("{name}", contact=make_contact("Anna", "{name}@customer.test"))
"""
WORK = """
WorkItem.objects.filter(kind__in=["follow", "webhook"]).update(leased_until=None, due_at="2026-01-01T00:00:00Z")
drains.drain_now(WorkKind.FOLLOW, budget_s=20)
drains.drain_now(WorkKind.WEBHOOK, budget_s=20)
"""
STATES = """
with organization_scope(organization.id):
    rows = WebhookDelivery.objects.filter(webhook__integration__name="{name}")
    print(json.dumps(list(rows.values_list("state", flat=True))))
    Webhook.objects.filter(integration__name="{name}").update(state="paused")
"""
BE_CALLED = """
with organization_scope(organization.id):
    admin = make_member(organization, role="admin", email="{name}@agents.test")
    print(hooks.create_hook(make_integration(admin, name="{name}"), proof=Proof.SIGNATURE, actor=admin).hook.pk)
"""
CALL = """
body = json.dumps({{"timestamp": "2026-01-01T00:00:00Z", "data": {{
    "ticket": {{"number": 5, "subject": "{name}", "status": "open"}},
    "message": {{"id": 9, "kind": "inbound", "from_address": "a@b.test", "text": "Hello"}},
}}}}).encode()
accepting.accept({hook!r}, organization_id=organization.id, call_id="evt_1", body=body)
"""
DRAIN = """
WorkItem.objects.filter(kind="accept").update(leased_until=None, due_at="2026-01-01T00:00:00Z")
drains.drain_now(WorkKind.ACCEPT, budget_s=20)
"""
COUNT = """
with organization_scope(organization.id):
    print(Ticket.objects.filter(subject="{name}").count(), Message.objects.filter(ticket__subject="{name}").count())
"""


@pytest.fixture
def receiver(certificate_authority: Any) -> Iterator[WebhookReceiver]:
    """The other system."""
    with WebhookReceiver(certificate_authority) as running:
        yield running


class Script:
    """Scripts in the installation, with what they name filled in."""

    def __init__(self, installation: Installation, receiver: WebhookReceiver) -> None:
        self._installation = installation
        self.values: dict[str, Any] = {
            "name": f"hook{next(_numbers)}",
            "slug": SLUG,
            "port": receiver.port,
            "ca_path": str(receiver.authority.ca_path),
            "url": receiver.url("/hook"),
        }

    def run(self, code: str, *, fault: str = "") -> Any:
        """It has ended, by itself or killed."""
        return self._installation.start_script((BEGIN + code).format(**self.values), fault=fault).wait()

    def said(self, code: str) -> str:
        """What it printed."""
        ended = self.run(code)
        assert ended.code == 0, ended.errors
        return str(ended.output).strip()


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        ("follow.written:kill", 1),
        ("follow.committed:kill", 1),
        ("webhook.begun:kill", 1),
        ("webhook.answered:kill", 2),
        ("webhook.recorded:kill", 1),
    ],
)
def test_a_worker_that_dies_while_it_tells_another_system_loses_nothing(
    installation: Installation, receiver: WebhookReceiver, fault: str, calls: int
) -> None:
    script = Script(installation, receiver)
    receiver.secrets.append(script.said(SUBSCRIBE))
    assert script.run(WORK, fault=fault).was_killed
    script.said(WORK)
    script.said(WORK)
    assert json.loads(script.said(STATES)) == ["sent"]
    assert len(receiver.told) == calls
    assert len({event["id"] for event in receiver.told}) == 1


@pytest.mark.parametrize("fault", ["accept.kept:kill", "accept.applied:kill"])
@pytest.mark.parametrize("again", [CALL, DRAIN])
def test_a_call_during_which_we_die_has_its_effect_once(
    installation: Installation, receiver: WebhookReceiver, fault: str, again: str
) -> None:
    script = Script(installation, receiver)
    script.values["hook"] = script.said(BE_CALLED)
    assert script.run(CALL, fault=fault).was_killed
    script.said(again)
    assert script.said(COUNT) == "1 1"
