"""How many queries a page costs."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def queries_of(client: Client, address: str, **more: Any) -> int:
    """The number of queries of one GET, which must succeed; an earlier one has filled the caches."""
    client.get(address, **more)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address, **more).status_code == 200
    return len(captured)
