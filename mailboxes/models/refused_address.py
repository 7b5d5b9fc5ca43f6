"""An address that was entered for a connection with others and became no mailbox, until it does or is put away."""

from __future__ import annotations

import uuid

from django.db import models

from helpdesk.tenancy.models import TenantModel
from mailboxes.models.connection import Connection


class RefusedAddress(TenantModel):
    """Why it was refused last; one for each address of a connection."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="refused_addresses")
    address = models.CharField(max_length=320)  # lower-cased
    sentence = models.CharField(max_length=400)  # why, in the words of who entered it
    refused_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "connection", "address"], name="refused_address_once")
        ]

    def __str__(self) -> str:
        return self.address
