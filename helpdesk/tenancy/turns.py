"""One at a time: who looks at something and then writes because of it, while others would do the same."""

from __future__ import annotations

import hashlib

from django.db import connection


def one_at_a_time(name: str) -> None:
    """Until the caller's transaction ends, nobody else gets past this with the same name; whoever waits sees it all.

    On SQLite a transaction that writes is alone anyway. Take it after the rows that are locked, and only one: nothing
    else ever waits for it, so that no two can wait for each other.
    """
    if connection.vendor != "postgresql":
        return
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
