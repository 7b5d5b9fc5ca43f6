"""Whether mail may be sent from an address of a mailbox: a test mail by its real way, and what became of it."""

from __future__ import annotations

from django.db import models

from helpdesk.tenancy.models import TenantModel
from mailboxes.models.mailbox import Mailbox
from mailboxes.models.outbox import OutboxMessage


class SenderCheck(TenantModel):
    """The last test of one address; it counts while mail leaves the same way (`way`)."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="sender_checks")
    address = models.CharField(max_length=320)  # lower-cased
    way = models.CharField(max_length=64)  # digest of the outgoing server and the account on it
    asked_at = models.DateTimeField()
    message_id = models.CharField(max_length=300)  # without brackets
    outbox = models.ForeignKey(OutboxMessage, on_delete=models.SET_NULL, null=True, related_name="+")
    arrived_at = models.DateTimeField(null=True)
    arrived_from = models.CharField(max_length=320, blank=True)  # From as it came, lower-cased

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "mailbox", "address"], name="sender_check_once"),
            models.UniqueConstraint(fields=["organization", "message_id"], name="sender_check_message_id"),
        ]
