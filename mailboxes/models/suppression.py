"""Addresses that get no mail of the organization, whoever writes it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Membership
from helpdesk.tenancy.models import TenantModel


class SuppressionKind(models.TextChoices):
    """What is meant."""

    ADDRESS = "address", _("Address")
    DOMAIN = "domain", _("Domain")


class Suppression(TenantModel):
    """One address or domain."""

    kind = models.CharField(max_length=7, choices=SuppressionKind)
    value = models.CharField(max_length=320)  # lower-cased; a domain without @
    note = models.CharField(max_length=200, blank=True)
    added_by = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    added_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "value"], name="suppression_once")]
        indexes = [models.Index(fields=["organization", "-added_at", "-id"], name="suppression_newest")]

    def __str__(self) -> str:
        return self.value
