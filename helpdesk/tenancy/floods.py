"""What one sender sends to all organizations of the installation together, by the hour. Nothing tells whom.

By hand: mail of everybody who has written before comes by here, and building a query costs more than it does.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.crypto import salted_hmac

BUCKETS = 1 << 20
_SALT = "postroom.floods"


def taken(sender: str, *, at: datetime) -> int:
    """How many mails of the sender were taken in the hour of `at`; now and then one more of somebody else."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count FROM tenancy_floodcount WHERE bucket = %s AND hour = %s", [_bucket(sender), _hour(at)]
        )
        found = cursor.fetchone()
    return int(found[0]) if found else 0


def take(sender: str, *, at: datetime) -> None:
    """One more was taken. In the caller's transaction, as its last lock."""
    sql, values = taking(sender, at=at)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def taking(sender: str, *, at: datetime) -> tuple[str, list[Any]]:
    """The statement of `take`, for those who send it along with others, and its values."""
    return (
        "INSERT INTO tenancy_floodcount (bucket, hour, count) VALUES (%s, %s, 1)"
        " ON CONFLICT (bucket) DO UPDATE SET hour = excluded.hour, count ="
        " CASE WHEN tenancy_floodcount.hour = excluded.hour THEN tenancy_floodcount.count + 1 ELSE 1 END",
        [_bucket(sender), _hour(at)],
    )


def _bucket(sender: str) -> int:
    digest = salted_hmac(_SALT, sender.lower(), algorithm="sha256").digest()
    return int.from_bytes(digest[:4], "big") % BUCKETS


def _hour(at: datetime) -> Any:
    """The hour of `at` as the database takes it."""
    return connection.ops.adapt_datetimefield_value(at.replace(minute=0, second=0, microsecond=0))
