"""A certificate that an organization trusts by its fingerprint, for the one server that shows it."""

from __future__ import annotations

import uuid

from django.db import models

from helpdesk.tenancy.models import TenantModel
from mailboxes.connectors.trust import spelled


class TrustedCertificate(TenantModel):
    """Whatever connects to this host and port accepts exactly this certificate; one for each server."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(max_length=253)  # lower-cased
    port = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)  # hex
    subject = models.CharField(max_length=80, blank=True)
    issuer = models.CharField(max_length=80, blank=True)
    ends_at = models.DateTimeField()  # for people; it stays trusted afterwards
    trusted_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "host", "port"], name="trusted_certificate_once")
        ]

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def fingerprint(self) -> str:
        """SHA-256 as people compare it."""
        return spelled(self.sha256)
