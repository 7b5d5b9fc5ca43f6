"""Which warnings of an end were given, so that each is given once."""

from __future__ import annotations

from django.db import models

from helpdesk.tenancy.models import TenantModel


class ExpiryWarning(TenantModel):
    """One end that admins were warned of; gone once it is far again, as after a secret was replaced."""

    kind = models.CharField(max_length=16)  # deadlines.DeadlineKind
    subject_id = models.UUIDField()  # the connection or outgoing server
    label = models.CharField(max_length=200)  # the mailboxes it takes along
    ends_on = models.DateField()  # as it was told
    told_days = models.PositiveSmallIntegerField()  # the last warning: 30, 7 or 1 days before

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "kind", "subject_id"], name="expiry_warning_once")
        ]
