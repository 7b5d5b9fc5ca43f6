"""Database settings from two addresses: the role the application runs as, and the role that owns the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

OWNER_ALIAS = "owner"
_SCHEMES = frozenset({"postgres", "postgresql", "psql", "pgsql", "sqlite"})
_UNREADABLE = (
    "DATABASE_URL or DATABASE_OWNER_URL cannot be read. Write an address such as postgres://user:password@host/name."
)
POSTGRESQL_ENGINE = "helpdesk.tenancy.postgresql"
SQLITE_OPTIONS = {
    "timeout": 30,
    "transaction_mode": "IMMEDIATE",
    # FULL: in NORMAL a power cut may lose a commit after the server's copy of a mail is gone.
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA cache_size=-20000",
}


def database_settings(*, url: str, owner_url: str, embedded_path: Path) -> dict[str, dict[str, Any]]:
    """DATABASES for Django: `default` is the application's role, `owner` migrates (only if it is another one)."""
    if not url:
        return {"default": _sqlite(str(embedded_path))}
    default = _connection(url)
    databases = {"default": default}
    if owner_url and owner_url != url:
        databases[OWNER_ALIAS] = _connection(owner_url) | {"TEST": {"MIRROR": None}}
    return databases


def _connection(url: str) -> dict[str, Any]:
    try:
        is_known = urlsplit(url).scheme in _SCHEMES
        parsed: dict[str, Any] = environ.Env.db_url_config(url) if is_known else {}
    except ValueError as error:
        raise ImproperlyConfigured(_UNREADABLE) from error
    if not parsed:
        raise ImproperlyConfigured(_UNREADABLE)
    if "sqlite" in parsed["ENGINE"]:
        return _sqlite(parsed["NAME"])
    return parsed | {
        "ENGINE": POSTGRESQL_ENGINE,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # PgBouncer's transaction mode keeps neither prepared statements nor server-side cursors.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


def _sqlite(path: str) -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": dict(SQLITE_OPTIONS), "CONN_MAX_AGE": 600}
