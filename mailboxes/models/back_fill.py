"""Days of a mailbox that are imported again, by a person's wish.

counting ─poll─▶ counted ─a person says yes─▶ wanted ─poll: every message has its row─▶ done
    ▲               │                           │
    └── other days ─┴───────────────────────────┘
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models

from helpdesk.accounts.models import Membership
from helpdesk.tenancy.models import TenantModel
from mailboxes.models.mailbox import Mailbox


class BackFillState(models.TextChoices):
    """How far it is."""

    COUNTING = "counting"
    COUNTED = "counted"
    WANTED = "wanted"
    DONE = "done"  # all is in the ledger, and is fetched as everything there


class BackFill(TenantModel):
    """The last wish of a mailbox: messages that its server received at or after `since` and before `before`."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="back_fills")
    source_generation = models.PositiveIntegerField()  # of the mailbox when it was asked for
    since = models.DateTimeField()
    before = models.DateTimeField()
    state = models.CharField(max_length=8, choices=BackFillState, default=BackFillState.COUNTING)
    listed = models.PositiveIntegerField(null=True)  # messages of these days on the server; None until counted
    missing = models.PositiveIntegerField(null=True)  # of them, not imported here
    undated = models.PositiveIntegerField(null=True)  # on the server without any date: of no day, so left out
    asked_by = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "mailbox"], name="back_fill_once")]

    @property
    def last_moment(self) -> datetime:
        """The last one that belongs to it."""
        return self.before - timedelta(microseconds=1)
