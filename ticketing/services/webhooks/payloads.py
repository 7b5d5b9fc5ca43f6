"""What is said in a call: the event, the ticket as the API gives it, and what changed or was written. No secrets."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from helpdesk.lib import clock
from ticketing.models import EventKind, TicketEvent, WebhookDelivery
from ticketing.services.webhooks.events import change_of
from ticketing.services.webhooks.told import message_data, moment, ticket_data

_TEST_WORDS = "This is a test event. Nothing happened to a ticket."


def body_of(delivery: WebhookDelivery, event: TicketEvent) -> bytes:
    """The whole body about an event. The ticket stands in it as it is now, the change as it was."""
    ticket = ticket_data(event.ticket, integration=delivery.webhook.integration)
    data: dict[str, Any] = {"ticket": ticket, "by": _by(event)}
    change = change_of(event)
    if change is not None:
        data["change"] = change
    if event.message is not None:
        data["message"] = message_data(event.message)
    if event.kind == EventKind.DELIVERY_FAILED:
        data["failed"] = [
            {"address": address, "state": said["state"], "code": said["code"], "detail": said["detail"]}
            for address, said in event.data.get("recipients", {}).items()
        ]
    return _encoded(delivery, at=event.at, identifier=delivery.event_id, data=data)


def test_body(delivery: WebhookDelivery) -> bytes:
    """A body about nothing, for trying out."""
    return _encoded(delivery, at=clock.now(), identifier=delivery.event_id, data={"note": _TEST_WORDS})


def _encoded(delivery: WebhookDelivery, *, at: datetime, identifier: str, data: dict[str, Any]) -> bytes:
    body = {
        "id": identifier,
        "type": delivery.type,
        "timestamp": moment(at),
        "organization": delivery.webhook.organization.slug,
        "data": data,
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _by(event: TicketEvent) -> dict[str, Any]:
    """Who did it."""
    if event.actor is not None:
        return {"kind": "agent", "name": str(event.actor)}
    if event.integration is not None:
        return {"kind": "integration", "name": event.integration.name}
    if event.cause == "mail":
        return {"kind": "mail", "name": event.message.from_name if event.message else ""}
    return {"kind": "system", "name": ""}
