"""How to reach a server: the host and the account on it. One connection serves many mailboxes."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel
from helpdesk.tenancy.secrets import register_sealed


class ConnectionKind(models.TextChoices):
    """Which connector speaks to the server."""

    IMAP = "imap", _("IMAP")


class SecurityChoice(models.TextChoices):
    """How the connection is protected; `none` only where the operator allows clear text."""

    TLS = "tls", _("TLS")
    STARTTLS = "starttls", _("STARTTLS")
    NONE = "none", _("None")


class Connection(TenantModel):
    """A server that mail is read from, and the account on it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=ConnectionKind, default=ConnectionKind.IMAP)
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField(default=993)
    security = models.CharField(max_length=8, choices=SecurityChoice, default=SecurityChoice.TLS)
    username = models.CharField(max_length=320)
    password_sealed = models.TextField(blank=True, editable=False)
    password_set_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        pass


class OutgoingServer(TenantModel):
    """A server that mail leaves through."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField(default=587)
    security = models.CharField(max_length=8, choices=SecurityChoice, default=SecurityChoice.STARTTLS)
    login_of = models.ForeignKey(
        Connection, on_delete=models.SET_NULL, null=True, related_name="+"
    )  # set: user name and password are that connection's
    username = models.CharField(max_length=320, blank=True)  # empty without login_of: no AUTH
    password_sealed = models.TextField(blank=True, editable=False)
    password_set_at = models.DateTimeField(null=True)
    is_default = models.BooleanField(default=False)
    paused_at = models.DateTimeField(null=True)  # the server refused our log-in: its outbox waits
    pause_reason = models.CharField(max_length=32, blank=True)
    pause_detail = models.CharField(max_length=300, blank=True)
    outage_notified_at = models.DateTimeField(null=True)  # set: admins heard of a pause, not yet that mail leaves again
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        pass


register_sealed("mailboxes.Connection", "password_sealed")
register_sealed("mailboxes.OutgoingServer", "password_sealed")
