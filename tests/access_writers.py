"""Who gets what at the addresses of who may write, contact groups and contacts; part of `tests/access_table.py`."""

from __future__ import annotations

from tests.access_rows import ADMINS, ADMINS_AWAY, HERE, Row

WRITERS_DATA = {
    "version": "0",
    "openers": "anyone",
    "opening_strangers": "contact",
    "opening_refused": "hold",
    "updaters": "token",
    "updating_strangers": "contact",
    "updating_refused": "hold",
    "proof": "where_told",
}
WRITERS = [
    Row(HERE + "who-may-write/", ADMINS),
    Row(HERE + "who-may-write/<slug:whose>/", ADMINS, objects={"whose": "=all"}),
    Row(HERE + "who-may-write/<slug:whose>/", ADMINS, objects={"whose": "mailbox"}),
    Row(HERE + "who-may-write/<slug:whose>/", ADMINS_AWAY, "POST", {"whose": "=all"}, WRITERS_DATA),
]
