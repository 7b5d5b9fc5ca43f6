"""Time zones to choose from."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

_NOT_FOR_PEOPLE = ("Etc/", "SystemV/", "US/", "posix/", "right/")


@cache
def zone_choices() -> tuple[tuple[str, str], ...]:
    """(IANA name, words) of every zone a place has, UTC first, then by name."""
    names = sorted(name for name in available_timezones() if "/" in name and not name.startswith(_NOT_FOR_PEOPLE))
    return (("UTC", "UTC"), *((name, name.replace("_", " ").replace("/", " / ")) for name in names))


def is_zone(name: str) -> bool:
    """True for a name that zone_choices offers."""
    return any(name == known for known, _words in zone_choices())
