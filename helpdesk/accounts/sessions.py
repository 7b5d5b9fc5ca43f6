"""Sessions in the database, as Django keeps them, that do not look for keys which nobody was given.

Each request reads one, so that query is prepared.
"""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from helpdesk.lib import clock
from helpdesk.tenancy.prepared import Prepared

_SESSION: Prepared[Any] = Prepared(
    lambda model, key, now: model.objects.filter(session_key=key, expire_date__gt=now)[:1], is_scoped=False
)


class SessionStore(DatabaseStore):
    """A session; a cookie that cannot be one of ours begins a new one."""

    def _get_session_from_db(self) -> Any:
        found = _SESSION.first(self.model, key=self.session_key, now=clock.now())
        if found is None:
            self._session_key = None
        return found

    def _validate_session_key(self, key: object) -> bool:
        # A quoted cookie may hold NUL, which PostgreSQL refuses in a query: every page would be a 500.
        return isinstance(key, str) and key.isascii() and key.isalnum() and bool(super()._validate_session_key(key))  # type: ignore[misc]  # not in the stubs
