"""Addresses that mail of the organization could not be delivered to for good."""

from __future__ import annotations

from django.db import models

from helpdesk.tenancy.models import TenantModel
from mailboxes.models.ledger import RawMessage
from mailboxes.models.outbox import OutboxMessage


class BouncedAddress(TenantModel):
    """One address, whoever has it: nothing automatic goes there until a person writes from it, or an admin says so."""

    address = models.CharField(max_length=320)  # lower-cased
    bounced_at = models.DateTimeField()  # when the newest report came
    detail = models.CharField(max_length=300, blank=True)  # the words of the server that refused it
    outbox = models.ForeignKey(OutboxMessage, on_delete=models.SET_NULL, null=True, related_name="+")  # that failed
    report = models.ForeignKey(RawMessage, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "address"], name="bounced_address_once")]
        indexes = [models.Index(fields=["organization", "-bounced_at", "-id"], name="bounced_address_newest")]

    def __str__(self) -> str:
        return self.address
