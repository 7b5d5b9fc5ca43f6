"""Webhooks: whom an integration wants told of what happens to tickets, and every call that was made.

subscription: on ─▶ stopped (long failure, or 410) ─▶ on, by a click, from the position it stopped at; on ◀─▶ paused.
delivery: waiting ─▶ sent | failed (tried for days); waiting ─▶ undone (a reply taken back), held (two systems that
answer each other without end). *Send again* makes any of them waiting.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel
from helpdesk.tenancy.secrets import register_sealed
from ticketing.models.integration import Integration
from ticketing.models.ticket import Ticket


class EventType(models.TextChoices):
    """What a subscription can ask for, as it stands in the payload."""

    TICKET_CREATED = "ticket.created", _("A ticket was opened")
    TICKET_STATUS = "ticket.status", _("Its status changed")
    TICKET_UPDATED = "ticket.updated", _("Its subject, priority, agent, team, tags or spam mark changed")
    MESSAGE_CREATED = "message.created", _("A message came in, or a reply was sent")
    MESSAGE_UPDATED = "message.updated", _("The whole of a large message was fetched")
    NOTE_CREATED = "note.created", _("An internal note was written")
    BOUNCE_RECEIVED = "message.bounced", _("A reply came back as undeliverable")
    DELIVERY_FAILED = "message.failed", _("A reply could not be delivered")


TEST_TYPE = "test"  # asked for by a button, never subscribed to


class WebhookState(models.TextChoices):
    """Whether a subscription is served."""

    ON = "on", _("On")
    PAUSED = "paused", _("Paused")  # by a person
    STOPPED = "stopped", _("Stopped")  # by us: `stop_reason` says why


class StopReason(models.TextChoices):
    """Why we stopped a subscription."""

    NONE = "", ""
    FAILING = "failing", _("It failed for three days.")
    GONE = "gone", _("The other system answered 410: it does not want these calls any more.")


class Webhook(TenantModel):
    """An address that is called with what happens, in order for each ticket."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=1000)
    types = models.JSONField(default=list)  # values of EventType
    sends_files = models.BooleanField(default=False)  # the bytes of a message's files go along
    secret_sealed = models.TextField(blank=True)
    old_secret_sealed = models.TextField(blank=True)  # signs too until `old_secret_until`
    old_secret_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=WebhookState, default=WebhookState.ON)
    stop_reason = models.CharField(max_length=8, choices=StopReason, blank=True, default=StopReason.NONE)
    state_since = models.DateTimeField()
    position = models.BigIntegerField()  # of the newest event that became a delivery, or was looked at
    first_position = models.BigIntegerField(default=0)  # of the newest event before it was made
    failing_since = models.DateTimeField(null=True)  # since the last success
    failures = models.PositiveIntegerField(default=0)  # in a row, over all tickets
    not_before = models.DateTimeField(null=True)  # the other system asked for a pause, or failed several times
    succeeded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    ALLOWED: ClassVar[dict[str, frozenset[str]]] = {
        WebhookState.ON: frozenset({WebhookState.PAUSED, WebhookState.STOPPED}),
        WebhookState.PAUSED: frozenset({WebhookState.ON}),
        WebhookState.STOPPED: frozenset({WebhookState.ON}),
    }

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "integration"], name="webhook_by_integration")]

    def __str__(self) -> str:
        return self.url.split("?")[0][:200]


class DeliveryStatus(models.TextChoices):
    """What became of a call."""

    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Delivered")
    FAILED = "failed", _("Given up")
    UNDONE = "undone", _("Not sent: the reply was taken back")
    HELD = "held", _("Held: two systems answer each other")


class WebhookDelivery(TenantModel):
    """One event for one subscription. Of a ticket, at most the first that waits is under way."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.CharField(max_length=64)  # the same however often it is sent
    type = models.CharField(max_length=20)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, null=True, related_name="+")  # None: a test
    position = models.BigIntegerField(null=True)  # of the event; None: a test
    state = models.CharField(max_length=8, choices=DeliveryStatus, default=DeliveryStatus.WAITING)
    is_once = models.BooleanField(default=False)  # asked for by a click: one attempt, and nothing waits for it
    attempts = models.PositiveIntegerField(default=0)
    first_tried_at = models.DateTimeField(null=True)  # since it last became waiting
    tried_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    status_code = models.PositiveSmallIntegerField(null=True)  # of the last answer; None: there was none
    answer = models.CharField(max_length=1024, blank=True)  # its beginning
    trouble = models.CharField(max_length=32, blank=True)  # a Reason of the connectors when there was no answer
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "webhook", "position"], name="webhook_delivery_once")
        ]
        indexes = [
            models.Index(fields=["organization", "webhook", "-id"], name="webhook_delivery_log"),
            models.Index(
                fields=["organization", "webhook", "ticket", "position"],
                condition=models.Q(state="waiting"),
                name="webhook_delivery_lane",
            ),
        ]


register_sealed("ticketing.Webhook", "secret_sealed", "old_secret_sealed")
