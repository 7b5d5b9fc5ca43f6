"""Sign-ins by device code that are under way."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel
from helpdesk.tenancy.secrets import register_sealed
from mailboxes.models.connection import OAuthGrant


class DeviceState(models.TextChoices):
    """What became of a device code."""

    WAITING = "waiting", _("Waiting for somebody to sign in")
    DONE = "done", _("Signed in")
    FAILED = "failed", _("Not signed in")


class DeviceSignIn(TenantModel):
    """A code that somebody types in elsewhere to sign in (RFC 8628); a worker asks what became of it."""

    grant = models.ForeignKey(OAuthGrant, on_delete=models.CASCADE, related_name="device_sign_ins")
    mailbox_id = models.BigIntegerField()  # the one it was begun for
    actor = models.ForeignKey("accounts.Membership", on_delete=models.SET_NULL, null=True, related_name="+")
    scopes = models.JSONField(default=list)  # asked for
    device_code_sealed = models.TextField(blank=True, editable=False)  # empty once it is over
    user_code = models.CharField(max_length=40)
    verification_url = models.CharField(max_length=200)
    interval_s = models.PositiveIntegerField(default=5)  # at least, between two questions
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=DeviceState, default=DeviceState.WAITING)
    reason = models.CharField(max_length=32, blank=True)  # connectors.errors.Reason
    detail = models.CharField(max_length=300, blank=True)  # the provider's words
    missing = models.JSONField(default=list)  # permissions that were not granted
    account = models.CharField(max_length=320, blank=True)  # who signed in instead
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        pass


register_sealed("mailboxes.DeviceSignIn", "device_code_sealed")
