"""Addresses that mail of the organization could not be delivered to for good, or that called it spam."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel
from mailboxes.models.ledger import RawMessage
from mailboxes.models.outbox import OutboxMessage


class Silence(models.TextChoices):
    """Why nothing automatic goes to an address."""

    BOUNCED = "bounced", _("Mail came back")  # until a person writes from it
    REFUSED = "refused", _("No such address")  # said while it was sent; until a person writes from it
    COMPLAINT = "complaint", _("Called mail of yours spam")  # until an admin says so


ENDED_BY_MAIL = (Silence.BOUNCED, Silence.REFUSED)


class BouncedAddress(TenantModel):
    """One address, whoever has it: nothing automatic goes there."""

    address = models.CharField(max_length=320)  # lower-cased
    bounced_at = models.DateTimeField()  # when the newest report or refusal came
    cause = models.CharField(max_length=12, choices=Silence, default=Silence.BOUNCED, db_default=Silence.BOUNCED)
    detail = models.CharField(max_length=300, blank=True)  # the words of the server that refused it
    outbox = models.ForeignKey(OutboxMessage, on_delete=models.SET_NULL, null=True, related_name="+")  # it is about
    report = models.ForeignKey(RawMessage, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "address"], name="bounced_address_once")]
        indexes = [models.Index(fields=["organization", "-bounced_at", "-id"], name="bounced_address_newest")]

    def __str__(self) -> str:
        return self.address
