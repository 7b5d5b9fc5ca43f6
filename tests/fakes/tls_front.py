"""TLS in front of a web server on this machine, as the reverse proxy of a real installation: it forwards."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.https import Answer, HttpsServer, Request

_OWN = ("connection", "host", "content-length", "accept-encoding")


class TlsFront(HttpsServer):
    """Forwards to the address; `faults` come before and after that, as in any HttpsServer."""

    def __init__(self, *args: Any, behind: str, **kwargs: Any) -> None:
        self._behind = urlsplit(behind).netloc
        super().__init__(*args, **kwargs)

    def respond(self, request: Request) -> Answer:
        connection = http.client.HTTPConnection(self._behind, timeout=60)
        headers = {name: value for name, value in request.headers.items() if name not in _OWN}
        try:
            connection.request(request.method, request.path, body=request.body, headers=headers)
            answer = connection.getresponse()
            return Answer(status=answer.status, content=answer.read())
        finally:
            connection.close()
