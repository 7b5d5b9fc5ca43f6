"""What the rows of `tests/access_table.py` are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ACTORS = ("signed out", "stranger", "viewer", "agent", "admin", "owner")
HERE = "o/<slug:slug>/"
S = HERE + "settings/"


@dataclass(frozen=True)
class Row:
    """One method of one route."""

    route: str
    codes: str
    method: str = "GET"
    objects: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, object] = field(default_factory=dict)


# Groups of codes that many rows share.
ANYONE = "200 200 200 200 200 200"
NOBODY = "404 404 404 404 404 404"
AWAY = "302 302 302 302 302 302"
SIGNED_IN = "302 200 200 200 200 200"
MEMBERS = "302 404 200 200 200 200"
MEMBERS_AWAY = "302 404 302 302 302 302"
ADMINS = "302 404 403 403 200 200"
ADMINS_AWAY = "302 404 403 403 302 302"
ADMINS_POST_ONLY = "302 404 403 403 405 405"
ADMINS_REFUSED = "302 404 403 403 422 422"
AGENTS = "302 404 403 200 200 200"
AGENTS_AWAY = "302 404 403 302 302 302"
POST_ONLY = "302 404 405 405 405 405"
