"""Programs that work on an organization's tickets, and the tokens by which they are known.

An integration is nobody: what it does is recorded under its own name, never a person's. One that was deleted stays as a
row without tokens, so that the history can still name it.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Membership
from helpdesk.lib import clock
from helpdesk.tenancy.models import TenantModel


class Integration(TenantModel):
    """One program, such as a shop or a phone system."""

    name = models.CharField(_("name"), max_length=80)
    created_by = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)  # its tokens are refused until it is resumed
    deleted_at = models.DateTimeField(null=True)  # gone for everybody; the history still names it
    last_used_at = models.DateTimeField(null=True)  # to the minute

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"],
                condition=models.Q(deleted_at__isnull=True),
                name="integration_name_once",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        """True if its tokens are good."""
        return self.paused_at is None and self.deleted_at is None


class TokenScope(models.TextChoices):
    """What a token may do."""

    READ = "read", _("Read")
    WRITE = "write", _("Read and write")


class IntegrationToken(TenantModel):
    """What is known of a token but itself: its SHA-256 is a TokenEntry, which leads here."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=80, blank=True)  # what it is for
    prefix = models.CharField(max_length=24)  # how it begins, to tell it by
    scope = models.CharField(max_length=8, choices=TokenScope)
    created_by = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)  # None: never
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)  # to the minute

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "integration"], name="token_by_integration")]

    def __str__(self) -> str:
        return f"{self.prefix}…"

    @property
    def state(self) -> str:
        """active, expired or revoked; says nothing of its integration."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= clock.now() else "active"
