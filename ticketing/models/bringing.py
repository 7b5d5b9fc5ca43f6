"""Bringing over what was there before a webhook: the open tickets, with what was written in them.

running ─▶ done; running ─▶ stopped (by a person) ─▶ running, from where it was.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel
from ticketing.models.webhook import Webhook


class BringingState(models.TextChoices):
    """How far it is."""

    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")


class BringingOver(TenantModel):
    """The open tickets from before a webhook become its deliveries, a few at a time."""

    webhook = models.OneToOneField(Webhook, on_delete=models.CASCADE, related_name="bringing_over")
    state = models.CharField(max_length=8, choices=BringingState, default=BringingState.RUNNING)
    total = models.PositiveIntegerField(default=0)  # open tickets at the beginning
    handed_over = models.PositiveIntegerField(default=0)  # of those, whose deliveries are made
    reached_id = models.BigIntegerField(default=0)  # the last ticket that was looked at, by its id
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        pass
