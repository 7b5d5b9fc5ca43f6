"""Business hours: when the organization is there for its customers."""

from __future__ import annotations

from django.db import models

from helpdesk.tenancy.models import TenantModel


class BusinessHours(TenantModel):
    """The hours of one organization, by the wall clock of a zone."""

    is_on = models.BooleanField(default=False)  # off: it is always open, as where there is no row
    timezone = models.CharField(max_length=64)
    week = models.JSONField(default=list)  # from Monday: hours as `helpdesk.lib.opening_hours.written_spans` has them
    days_off = models.JSONField(default=list)  # [date as YYYY-MM-DD, what it is called], by date
    version = models.PositiveIntegerField(default=0)  # rises with each change: a form that is older is refused

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization"], name="business_hours_once")]
