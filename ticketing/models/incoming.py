"""Calls of other systems: where an integration is called, what it said, and what is known of its tickets and fields."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel
from helpdesk.tenancy.secrets import register_sealed
from ticketing.models.integration import Integration
from ticketing.models.message import Message
from ticketing.models.ticket import Ticket


class Proof(models.TextChoices):
    """How a call proves that it comes from the other system."""

    SIGNATURE = "signature", _("It is signed (Standard Webhooks)")
    BEARER = "bearer", _("It carries a token (Authorization: Bearer …)")


class IncomingHook(TenantModel):
    """The address of an integration that another system calls, and how what it says is read.

    The address is random; its hash is a TokenEntry, which leads to the integration.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="incoming_hooks")
    proof = models.CharField(max_length=10, choices=Proof, default=Proof.SIGNATURE)
    secret_sealed = models.TextField(blank=True)
    old_secret_sealed = models.TextField(blank=True)  # is taken too until `old_secret_until`
    old_secret_until = models.DateTimeField(null=True)
    mapping = models.JSONField(default=dict)  # see services/syncing/mapping.py
    called_at = models.DateTimeField(null=True)  # to the minute
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "integration"], name="incoming_hook_once")]

    def __str__(self) -> str:
        return self.integration.name


class CallState(models.TextChoices):
    """What became of a call."""

    KEPT = "kept", _("Waiting")
    APPLIED = "applied", _("Applied")
    IGNORED = "ignored", _("Nothing to do")
    REFUSED = "refused", _("Not understood")


class IncomingCall(TenantModel):
    """One call, kept before it is answered. The same one twice is one row, and acts once."""

    hook = models.ForeignKey(IncomingHook, on_delete=models.CASCADE, related_name="calls")
    call_id = models.CharField(max_length=200)  # its id header, or the hash of its body
    body = models.TextField()
    state = models.CharField(max_length=8, choices=CallState, default=CallState.KEPT)
    code = models.CharField(max_length=32, blank=True)  # why it was refused or ignored, for programs
    said = models.CharField(max_length=400, blank=True)  # the same as a sentence
    ticket = models.ForeignKey(Ticket, on_delete=models.SET_NULL, null=True, related_name="+")
    times = models.PositiveIntegerField(default=1)  # it came
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "hook", "call_id"], name="incoming_call_once")]
        indexes = [models.Index(fields=["organization", "hook", "-id"], name="incoming_call_log")]


class SyncedField(TenantModel):
    """What another system said last about a field of a ticket, and when that was true there."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    field = models.CharField(max_length=40)  # subject, status, priority, tags, or tag:<name>
    value = models.JSONField(null=True)
    at = models.DateTimeField()
    event_id = models.CharField(max_length=200, blank=True)  # decides between changes at the same moment

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "integration", "ticket", "field"], name="synced_field_once")
        ]


class SyncedMessage(TenantModel):
    """A message that another system brought, by its id there: it is not brought again."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=200)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "integration", "external_id"], name="synced_message_once")
        ]


register_sealed("ticketing.IncomingHook", "secret_sealed", "old_secret_sealed")
