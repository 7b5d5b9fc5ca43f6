"""What integrations know a ticket by, and what they were answered."""

from __future__ import annotations

from django.db import models

from helpdesk.tenancy.models import TenantModel
from ticketing.models.integration import Integration
from ticketing.models.ticket import Ticket

MAX_EXTERNAL_ID_CHARS = 200
MAX_KEY_CHARS = 255


class ExternalReference(TenantModel):
    """The id that an integration's own system has for a ticket."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="+", db_index=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="external_references", db_index=False)
    external_id = models.CharField(max_length=MAX_EXTERNAL_ID_CHARS)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "integration", "external_id"], name="external_id_once"),
            models.UniqueConstraint(
                fields=["organization", "ticket", "integration"], name="external_id_of_ticket_once"
            ),
        ]


class KeptAnswer(TenantModel):
    """What was answered to a request under an Idempotency-Key, written in the transaction of what it did."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=MAX_KEY_CHARS)
    fingerprint = models.CharField(max_length=64)  # SHA-256 of method, path and body
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(default=dict)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "integration", "key"], name="idempotency_key_once")
        ]
        indexes = [models.Index(fields=["organization", "created_at"], name="kept_answer_age")]
