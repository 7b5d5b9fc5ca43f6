"""What the measured database goes through by itself within minutes, done at once."""

from __future__ import annotations

import psycopg


def vacuum(owner_url: str) -> None:
    """The planner knows the tables as they are now, as it does within a minute of their growth (autovacuum)."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")
