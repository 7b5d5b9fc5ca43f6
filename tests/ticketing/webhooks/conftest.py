"""An integration of fernhollow with a webhook, and the other system that is called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from tests.factories.integrations import make_integration
from tests.fakes.webhook_receiver import WebhookReceiver
from ticketing.models import EventType, Integration, Webhook
from ticketing.services.webhooks.subscriptions import WebhookInput, create_webhook


@pytest.fixture
def receiver(oauth_settings: Any, certificate_authority: Any) -> Iterator[WebhookReceiver]:
    """The other system, running."""
    with WebhookReceiver(certificate_authority) as running:
        yield running


@pytest.fixture
def integration(fernhollow: Any, people: Any) -> Integration:
    """Fernhollow's integration."""
    with organization_scope(fernhollow.id):
        return make_integration(people.admin, name="Old desk")


@pytest.fixture
def subscribe(fernhollow: Any, people: Any, receiver: WebhookReceiver) -> Callable[..., Webhook]:
    """Makes a webhook of an integration that is told of everything; the receiver knows its secret."""

    def make(integration: Integration, *, types: Any = EventType.values, path: str = "/hook") -> Webhook:
        with organization_scope(fernhollow.id):
            data = WebhookInput(url=receiver.url(path), types=types)
            webhook, secret = create_webhook(integration, data, actor=people.admin)
        receiver.secrets.append(secret)
        return webhook

    return make


@pytest.fixture
def webhook(subscribe: Callable[..., Webhook], integration: Integration) -> Webhook:
    """Told of everything."""
    return subscribe(integration)


@pytest.fixture
def work_off() -> Callable[..., None]:
    """What is due has been done once, at the present or a later moment."""

    def work(at: datetime | None = None) -> None:
        with clock.held_at(at or clock.now()):
            drains.drain_now(WorkKind.FOLLOW, budget_s=20)
            drains.drain_now(WorkKind.WEBHOOK, budget_s=20)

    return work


@pytest.fixture
def due_at() -> Callable[[], datetime]:
    """When the next attempt is due."""
    return lambda: WorkItem.objects.filter(kind=WorkKind.WEBHOOK).order_by("due_at")[0].due_at
