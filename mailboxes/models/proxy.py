"""A proxy that connections and outgoing servers go through; named, so that many may select it."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel
from helpdesk.tenancy.secrets import register_sealed
from mailboxes.connectors.proxies import ProxyKind


class ProxyKindChoice(models.TextChoices):
    """How it is spoken to."""

    HTTP = ProxyKind.HTTP.value, _("HTTP (CONNECT)")
    SOCKS5 = ProxyKind.SOCKS5.value, _("SOCKS5")


class Proxy(TenantModel):
    """A way out of the network."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=ProxyKindChoice, default=ProxyKindChoice.HTTP)
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField(default=3128)
    username = models.CharField(max_length=320, blank=True)  # empty: nobody signs in
    password_sealed = models.TextField(blank=True, editable=False)
    password_set_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="proxy_name_once")]

    def __str__(self) -> str:
        return self.name


register_sealed("mailboxes.Proxy", "password_sealed")
