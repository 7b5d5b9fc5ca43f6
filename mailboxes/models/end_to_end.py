"""One end-to-end test of a mailbox: a marked mail, sent and followed until intake has judged it as if it were real."""

from __future__ import annotations

from django.db import models

from helpdesk.accounts.models import Membership
from helpdesk.tenancy.models import TenantModel
from mailboxes.models.ledger import RemoteMessage
from mailboxes.models.mailbox import Mailbox
from mailboxes.models.outbox import OutboxMessage


class EndToEndTest(TenantModel):
    """What was sent, and what came of it; how far it is follows from the outbox, the ledger and the verdict."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="end_to_end_tests")
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=24)  # the random part of its marks
    address = models.CharField(max_length=320)  # for which its marks are signed; of the mailbox, lower-cased
    message_id = models.CharField(max_length=300, blank=True)  # without brackets; "" if a person sends the mail
    subject = models.CharField(max_length=400, blank=True)  # as sent
    text = models.TextField()  # as sent; of a mail that a person sends the line that tells it
    outbox = models.ForeignKey(OutboxMessage, on_delete=models.SET_NULL, null=True, related_name="+")
    sighting = models.ForeignKey(RemoteMessage, on_delete=models.SET_NULL, null=True, related_name="+")
    judged_at = models.DateTimeField(null=True)
    verdict = models.JSONField(default=dict)  # what it would have become as real mail; the upper layer's

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="end_to_end_test_name"),
        ]
        indexes = [
            models.Index(fields=["organization", "mailbox", "-started_at"], name="end_to_end_test_latest"),
        ]

    @property
    def is_by_hand(self) -> bool:
        """True if a person sends the mail, from wherever they like."""
        return not self.message_id

    @property
    def came_to_itself(self) -> bool:
        """False while its mail is not known, or only in another mailbox."""
        return self.sighting is not None and self.sighting.mailbox_id == self.mailbox_id
