"""Addresses that mail of ours cannot be delivered to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ticketing.models import ContactAddress


def mark_bounced(addresses: Iterable[str], *, at: datetime) -> None:
    """Nothing automatic goes to these addresses any more. Inside the caller's transaction.

    Give only addresses that the failed mail was sent to: anybody can send a report that names others.
    """
    wanted = sorted(set(addresses))
    if wanted:
        ContactAddress.objects.filter(address__in=wanted, bounced_at=None).update(bounced_at=at)
