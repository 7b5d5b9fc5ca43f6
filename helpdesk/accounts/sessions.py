"""Sessions in the database, as Django keeps them, that do not look for keys which nobody was given."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    """A session; a cookie that cannot be one of ours begins a new one."""

    def _validate_session_key(self, key: object) -> bool:
        # A quoted cookie may hold NUL, which PostgreSQL refuses in a query: every page would be a 500.
        return isinstance(key, str) and key.isascii() and key.isalnum() and bool(super()._validate_session_key(key))  # type: ignore[misc]  # not in the stubs
