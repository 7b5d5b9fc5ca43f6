"""What one sender sends to all organizations of the installation together, by the hour. Nothing tells whom."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, F, PositiveIntegerField, When
from django.utils.crypto import salted_hmac

from helpdesk.tenancy.models import FloodCount

BUCKETS = 1 << 20
_SALT = "postroom.floods"


def taken(sender: str, *, at: datetime) -> int:
    """How many mails of the sender were taken in the hour of `at`; now and then one more of somebody else."""
    found = FloodCount.objects.filter(bucket=_bucket(sender), hour=_hour(at)).values_list("count", flat=True)
    return found.first() or 0


def take(sender: str, *, at: datetime) -> None:
    """One more was taken. In the caller's transaction, as its last lock."""
    bucket, hour = _bucket(sender), _hour(at)
    count = Case(When(hour=hour, then=F("count") + 1), default=1, output_field=PositiveIntegerField())
    if not FloodCount.objects.filter(bucket=bucket).update(count=count, hour=hour):
        FloodCount.objects.bulk_create([FloodCount(bucket=bucket, hour=hour, count=1)], ignore_conflicts=True)


def _bucket(sender: str) -> int:
    digest = salted_hmac(_SALT, sender.lower(), algorithm="sha256").digest()
    return int.from_bytes(digest[:4], "big") % BUCKETS


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
