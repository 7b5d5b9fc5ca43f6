"""What is said in a call: the event, the ticket as the API gives it, and what changed or was written. No secrets."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdesk.lib import clock, files
from ticketing.models import EventKind, TicketEvent, WebhookDelivery
from ticketing.services.webhooks.events import change_of
from ticketing.services.webhooks.told import message_data, moment, small_files, ticket_data

_TEST_WORDS = "This is a test event. Nothing happened to a ticket."


@dataclass(frozen=True)
class Told:
    """What a call says. The bytes of files are read when it is made, in no transaction."""

    said: dict[str, Any]
    files: Sequence[tuple[dict[str, Any], str]] = ()  # what is said of a file that goes along, and where its bytes lie

    def body(self) -> bytes:
        """The JSON of the call; a file that is gone is named alone. Raises StorageDown."""
        for named, storage_key in self.files:
            try:
                named["content"] = base64.b64encode(files.read(storage_key)).decode()
            except FileNotFoundError:
                continue
        return json.dumps(self.said, ensure_ascii=False, separators=(",", ":")).encode()


def told_of(delivery: WebhookDelivery, event: TicketEvent) -> Told:
    """All that is told of an event. The ticket stands in it as it is now, the change as it was."""
    going_along: Sequence[tuple[dict[str, Any], str]] = ()
    ticket = ticket_data(event.ticket, integration=delivery.webhook.integration)
    data: dict[str, Any] = {"ticket": ticket, "by": _by(event)}
    change = change_of(event)
    if change is not None:
        data["change"] = change
    if event.message is not None:
        data["message"] = message_data(event.message)
        if delivery.webhook.sends_files:
            going_along = small_files(event.message, named=data["message"]["attachments"])
    if event.kind == EventKind.DELIVERY_FAILED:
        data["failed"] = [
            {"address": address, "state": said["state"], "code": said["code"], "detail": said["detail"]}
            for address, said in event.data.get("recipients", {}).items()
        ]
    return Told(_said(delivery, at=event.at, data=data), going_along)


def told_of_nothing(delivery: WebhookDelivery) -> Told:
    """A call about nothing, for trying out."""
    return Told(_said(delivery, at=clock.now(), data={"note": _TEST_WORDS}))


def _said(delivery: WebhookDelivery, *, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": delivery.event_id,
        "type": delivery.type,
        "timestamp": moment(at),
        "organization": delivery.webhook.organization.slug,
        "data": data,
    }


def _by(event: TicketEvent) -> dict[str, Any]:
    """Who did it."""
    if event.actor is not None:
        return {"kind": "agent", "name": str(event.actor)}
    if event.integration is not None:
        return {"kind": "integration", "name": event.integration.name}
    if event.cause == "mail":
        return {"kind": "mail", "name": event.message.from_name if event.message else ""}
    return {"kind": "system", "name": ""}
