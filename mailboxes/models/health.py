"""How a mailbox fared: a span for each state it was in, written when the state changes and not with each poll."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel
from mailboxes.models.mailbox import Mailbox


class SpanState(models.TextChoices):
    """What a mailbox was for a while."""

    REACHABLE = "reachable", _("Reachable")
    UNREACHABLE = "unreachable", _("Unreachable")
    THROTTLED = "throttled", _("Throttled")
    PAUSED = "paused", _("Paused")


class HealthSpan(TenantModel):
    """From when until when a mailbox was in one state for one reason; the last one is open."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="health_spans")
    state = models.CharField(max_length=16, choices=SpanState)
    reason = models.CharField(max_length=32, blank=True)  # connectors.errors.Reason
    detail = models.CharField(max_length=300, blank=True)  # the server's words, as they were first
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)  # None: now
    tries_before = models.PositiveIntegerField(default=0)  # that failed in a row, for another reason
    tries = models.PositiveIntegerField(default=0)  # that failed in this span; counted when it ends

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "mailbox"], condition=models.Q(until_at=None), name="health_span_open_once"
            )
        ]
        indexes = [models.Index(fields=["organization", "mailbox", "-from_at"], name="health_span_recent")]
