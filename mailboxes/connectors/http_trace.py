"""What a session of HTTP asks and is answered, for a recorder: method, path, status, ids; no secrets, no bodies."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

import requests

from mailboxes.connectors.config import Recorder
from mailboxes.connectors.errors import ConnectorError

MAX_PATH_CHARS = 500
_IDS = ("request-id", "client-request-id", "x-feserver", "Retry-After")  # what support asks for
_TOLD = frozenset({"$select", "$filter", "$orderby", "$top", "$count", "$expand"})  # other values may be secrets


class HttpTrace:
    """One session. What an upload address is proven by stands in its query, and is left out."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._session = secrets.token_hex(2)

    def asked(self, method: str, url: str, params: Mapping[str, str] | None) -> None:
        """A request goes out."""
        parts = urlsplit(url)
        query = [*parse_qsl(parts.query, keep_blank_values=True), *(params or {}).items()]
        told = "&".join(f"{name}={value if name in _TOLD else '***'}" for name, value in query)
        where = f"{parts.hostname or ''}{unquote(parts.path)}"[:MAX_PATH_CHARS]
        self._line(">", f"{method} {where}{'?' if told else ''}{told}")

    def answered(self, response: requests.Response) -> None:
        """The whole answer is there."""
        ids = [f"{name}: {response.headers[name]}" for name in _IDS if name in response.headers]
        words = f"{response.status_code} {len(response.content)} bytes"
        self._line("<", ", ".join([words, *ids]))

    def failed(self, error: ConnectorError) -> None:
        """There is no answer."""
        self._line("-", str(error.reason))

    def ended(self) -> None:
        """Nothing more is asked."""
        self._recorder.flush()

    def _line(self, direction: str, text: str) -> None:
        self._recorder.line(self._session, direction, "".join(each if each.isprintable() else "?" for each in text))
