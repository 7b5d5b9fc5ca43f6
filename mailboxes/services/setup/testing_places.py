"""One connection test at a time of what stands on a page: whoever asks for the same gets the one that runs.

A place is a mailbox or an outgoing server of the organization. Which test runs there lies in the cache beside the test
itself, and goes with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import salted_hmac

LONGEST_S = 120


@dataclass(frozen=True)
class Place:
    """Where a test was asked for, and with what."""

    name: str  # "mailbox:12"
    values: str = ""  # a digest of what is tested: asked with others, the test that runs is stopped


def place_of(name: str, values: Mapping[str, object]) -> Place:
    """The place, and what was entered there; nothing can be read from the digest."""
    entered = repr(sorted(values.items()))
    return Place(name, salted_hmac("mailboxes.tested_values", entered, secret=settings.SECRET_KEY).hexdigest()[:16])


def run_id_at(place: str, *, organization_id: int) -> str:
    """The test that began last at this place and has not ended; "" for none."""
    return str(cache.get(_key(place, organization_id)) or "")


def take(place: str, run_id: str, *, organization_id: int) -> bool:
    """True if this test is the one of the place now, False if another is."""
    return bool(cache.add(_key(place, organization_id), run_id, LONGEST_S))


def leave(place: str, run_id: str, *, organization_id: int) -> None:
    """The test of this id holds the place no longer."""
    if run_id_at(place, organization_id=organization_id) == run_id:
        cache.delete(_key(place, organization_id))


def _key(place: str, organization_id: int) -> str:
    return f"connection-test-at:{organization_id}:{place}"
