"""What one sender sends to all organizations of the installation together, by the hour. Nothing tells whom.

By hand: mail of everybody comes by here, and building a query costs more than it does.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection
from django.utils.crypto import salted_hmac

BUCKETS = 1 << 20
NO_BUCKET = -1
PRECISE = 250  # how many are counted one by one on the way to a limit: beyond, each stands for as many as it takes
_SALT = "postroom.floods"


def taken(sender: str, *, at: datetime) -> int:
    """How many mails of the sender were taken in the hour of `at`; now and then one more of somebody else."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count FROM tenancy_floodcount WHERE bucket = %s AND hour = %s", [bucket_of(sender), _hour(at)]
        )
        found = cursor.fetchone()
    return int(found[0]) if found else 0


def take(sender: str, *, at: datetime) -> None:
    """One more was taken. In the caller's transaction, as its last lock."""
    sql, values = taking(sender, at=at)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def taking(sender: str, *, at: datetime, many: int = 1) -> tuple[str, list[Any]]:
    """The statement of `take`, for those who send it along with others, and its values. many: were taken."""
    return (
        "INSERT INTO tenancy_floodcount (bucket, hour, count) VALUES (%s, %s, %s)"
        " ON CONFLICT (bucket) DO UPDATE SET hour = excluded.hour, count = excluded.count +"
        " CASE WHEN tenancy_floodcount.hour = excluded.hour THEN tenancy_floodcount.count ELSE 0 END",
        [bucket_of(sender), _hour(at), many],
    )


def sampled(sender: str, *, at: datetime, limit: int) -> list[tuple[str, list[Any]]]:
    """The statements that count one on the way to this limit: mostly none, and now and then one for many.

    So ordinary mail writes nothing, and a flood is seen within a few hundredths of the limit.
    """
    many = max(1, limit // PRECISE)
    return [] if secrets.randbelow(many) else [taking(sender, at=at, many=many)]


def hour_of(at: datetime) -> datetime:
    """The hour that is counted together."""
    return at.replace(minute=0, second=0, microsecond=0)


@lru_cache(maxsize=512)  # asked of each mail, more than once
def bucket_of(sender: str) -> int:
    """Where mail of the sender is counted."""
    digest = salted_hmac(_SALT, sender.lower(), algorithm="sha256").digest()
    return int.from_bytes(digest[:4], "big") % BUCKETS


def _hour(at: datetime) -> Any:
    """The hour of `at` as the database takes it."""
    return connection.ops.adapt_datetimefield_value(hour_of(at))
