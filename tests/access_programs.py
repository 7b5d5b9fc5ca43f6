"""Integrations, webhooks and calls of other systems for the access table; see `access_makers`."""

from __future__ import annotations

from typing import Any

from helpdesk.lib import clock
from tests.access_makers import maker


@maker
def integration(people: Any) -> int:
    """A program that works on tickets."""
    from ticketing.services.integrations.integrations import create_integration

    return int(create_integration("Phone system", actor=people.admin).pk)


@maker
def integration_token(people: Any) -> int:
    """A token of the integration that the row has named before."""
    from tests.factories.integrations import make_token
    from ticketing.models import Integration

    return int(make_token(Integration.objects.get(), actor=people.admin).token.pk)


@maker
def integration_of_otherco(people: Any) -> int:
    """A program of another organization."""
    from helpdesk.tenancy.scope import organization_scope
    from ticketing.services.integrations.integrations import create_integration

    with organization_scope(people.stranger.organization_id):
        return int(create_integration("Shop of theirs", actor=people.stranger).pk)


@maker
def webhook(people: Any) -> str:
    """A webhook of the integration that the row has named before."""
    from ticketing.models import EventType, Integration
    from ticketing.services.webhooks.subscriptions import WebhookInput, create_webhook

    data = WebhookInput(url="https://desk.example/hook", types=EventType.values)
    return str(create_webhook(Integration.objects.get(), data, actor=people.admin)[0].pk)


@maker
def webhook_delivery(people: Any) -> int:
    """A test event of the webhook that the row has named before."""
    from ticketing.models import Webhook
    from ticketing.services.webhooks.subscriptions import send_test

    return int(send_test(Webhook.objects.get(), actor=people.admin).pk)


@maker
def webhook_of_otherco(people: Any) -> str:
    """A webhook of another organization."""
    from helpdesk.tenancy.scope import organization_scope
    from tests.factories.integrations import make_integration
    from ticketing.models import EventType
    from ticketing.services.webhooks.subscriptions import WebhookInput, create_webhook

    data = WebhookInput(url="https://desk.example/hook", types=EventType.values)
    with organization_scope(people.stranger.organization_id):
        theirs = make_integration(people.stranger)
        return str(create_webhook(theirs, data, actor=people.stranger)[0].pk)


@maker
def called_integration(people: Any) -> int:
    """An integration with an address to be called at."""
    from tests.factories.integrations import make_integration
    from ticketing.models import Proof
    from ticketing.services.syncing.hooks import create_hook

    integration = make_integration(people.admin)
    create_hook(integration, proof=Proof.SIGNATURE, actor=people.admin)
    return int(integration.pk)


@maker
def incoming_call(people: Any) -> int:
    """A call that was not understood, of the integration that the row has named before."""
    from ticketing.models import IncomingCall, IncomingHook

    hook = IncomingHook.objects.get()
    return int(IncomingCall.objects.create(hook=hook, call_id="1", body="{", received_at=clock.now()).pk)
