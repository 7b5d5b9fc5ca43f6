"""How long the sources of mail are kept, and what the last pruning did."""

from __future__ import annotations

from django.db import models

from helpdesk.tenancy.models import TenantModel

RAW_DAYS = 90
MIN_RAW_DAYS, MAX_RAW_DAYS = 7, 3650


class Retention(TenantModel):
    """The choice of one organization; without a row the defaults hold. Tickets and attachments are never pruned."""

    raw_days = models.PositiveSmallIntegerField(null=True, default=RAW_DAYS)  # after the verdict; None: for ever
    held_days = models.PositiveSmallIntegerField(null=True)  # then held or stopped mail is discarded; None: it waits
    pruned_at = models.DateTimeField(null=True)  # when the task looked last
    pruned_count = models.PositiveIntegerField(default=0)  # sources that it removed then
    pruned_bytes = models.PositiveBigIntegerField(default=0)
    total_count = models.PositiveBigIntegerField(default=0)  # ever

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization"], name="retention_once")]
