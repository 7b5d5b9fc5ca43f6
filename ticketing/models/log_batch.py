"""Something is done with many messages of the inbound log, by a worker a few at a time.

running ─▶ done; running ─▶ stopped (its member said so); running ─▶ refused (its member may not do it any more).
"""

from __future__ import annotations

from django.db import models

from helpdesk.accounts.models import Membership
from helpdesk.tenancy.models import TenantModel
from ticketing.models.bulk import BulkState

COUNTED = 10_000


def counted(total: int) -> str:
    """So many, as people read it; "10,000+" where nobody counted further."""
    return f"{total:,}" if total <= COUNTED else f"{COUNTED:,}+"


class LogBatch(TenantModel):
    """What is done, with which messages, and how far it is: all that matched when it began, by id."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")  # whose it is
    what = models.CharField(max_length=12)  # as in the address
    typed = models.CharField(max_length=20, blank=True, default="")  # the number of the ticket to join to
    wanted = models.JSONField(default=dict)  # the filter, as the address had it
    state = models.CharField(max_length=8, choices=BulkState, default=BulkState.RUNNING)
    upto_id = models.BigIntegerField()  # of the newest message at the beginning
    reached_id = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField()  # at most COUNTED + 1
    done = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)  # it could not be done with them
    why_kept = models.CharField(max_length=300, blank=True)  # the last sentence that said so
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    dismissed_at = models.DateTimeField(null=True)  # its member has seen how it ended

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(
                fields=["organization", "membership", "-id"],
                condition=models.Q(dismissed_at=None),
                name="log_batch_shown",
            )
        ]

    @property
    def number(self) -> str:
        """How many messages there were, as people read it."""
        return counted(self.total)

    @property
    def is_counted(self) -> bool:
        """False where there were more than COUNTED."""
        return self.total <= COUNTED

    @property
    def looked_at(self) -> int:
        """How many messages are dealt with."""
        return self.done + self.kept
