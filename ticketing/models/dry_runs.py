"""What the mail of a mailbox would become as its policy is set now: one row for each person and mailbox."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Membership
from helpdesk.tenancy.models import TenantModel
from mailboxes.models import Mailbox


class Spent(models.TextChoices):
    """Why no more mails were read from a server, though there are more that were wanted."""

    TIME = "time", _("Time")
    ROOM = "room", _("Room")


class DryRun(TenantModel):
    """The newest mails of a mailbox, tried by a worker. Nothing but this row is written."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")  # who asked for it
    wanted = models.PositiveSmallIntegerField()  # so many of the newest
    total = models.PositiveSmallIntegerField(null=True)  # that there are; None until a worker has begun
    read = models.PositiveSmallIntegerField(default=0)  # of them, by the worker that is at it
    unread = models.PositiveSmallIntegerField(default=0)  # of them: their originals are not kept, or are too large
    is_looked_up = models.BooleanField(default=False)  # nothing was here: read from the server for this, and not kept
    spent = models.CharField(max_length=4, choices=Spent, blank=True, default="")  # of a server: what ran out first
    trouble = models.CharField(max_length=48, blank=True)  # why the server could not be read: a reason of connectors
    lines = models.JSONField(default=list)  # an object for each mail that was tried, the oldest first
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "membership", "mailbox"], name="dry_run_once"),
        ]
