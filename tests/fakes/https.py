"""An HTTPS server on loopback that a fake of some provider is written on: routes, faults on demand, a record."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.servers.certificates import Certificate, CertificateAuthority


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str  # without the query, as it was sent
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    connection: int = 0  # the same for all that comes over one connection

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields of a form body."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def bearer(self) -> str:
        """The token that came with it, or an empty string."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token if kind.lower() == "bearer" else ""


@dataclass(frozen=True)
class Answer:
    """What is answered."""

    status: int = 200
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


class Fault(Enum):
    """What happens instead of an answer."""

    CUT = "cut"  # the connection ends, and nothing was done
    CUT_AFTER = "cut_after"  # it is done, and the connection ends before the answer
    HANG = "hang"  # nothing is done, nothing is said


def json_answer(value: Any, *, status: int = 200, **headers: str) -> Answer:
    """JSON; names of headers are written with underscores."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status=status, content=json.dumps(value).encode(), headers=named)


class HttpsServer:
    """A running server inside its `with` block; a subclass answers in `respond`.

    `requests` are all it was asked, in order. `faults` holds, by the end of a path, what the next requests get instead.
    """

    def __init__(self, authority: CertificateAuthority, *, certificate: Certificate | None = None) -> None:
        self.authority = authority
        self.requests: list[Request] = []
        self.faults: dict[str, deque[Answer | Fault]] = {}
        self.lock = threading.RLock()  # held while something is answered: state has one writer
        self.is_closing = threading.Event()
        self._certificate = certificate or authority.issue()
        self._context = self._certificate.server_context
        self._listen(0)
        self.port: int = self._httpd.server_address[1]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_closing.set()
        self.stop()

    def stop(self) -> None:
        """Nothing listens any more, and every connection is cut."""
        if self._thread.is_alive():
            self._httpd.shutdown()
            self._thread.join()
        self._httpd.server_close()
        self._httpd.cut_all()

    def restart(self) -> None:
        """Every connection was cut, and the same port answers again, with what it knew."""
        self.stop()
        self._listen(self.port)
        self._thread.start()

    def _listen(self, port: int) -> None:
        server = self

        class Handler(_Handler):
            owner = server

        self._httpd = _Listener(("127.0.0.1", port), Handler)
        self._httpd.tls = self._context
        self._thread = threading.Thread(target=self._httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def host(self) -> str:
        """As it stands in addresses and in lists of hosts."""
        return f"localhost:{self.port}"

    def url(self, path: str = "") -> str:
        """The address of a path that begins with a slash."""
        return f"https://{self.host}{path}"

    def next(self, path_end: str, *instead: Answer | Fault) -> None:
        """The next requests to a path that ends so get these instead, one each."""
        with self.lock:
            self.faults.setdefault(path_end, deque()).extend(instead)

    def asked(self, path_end: str) -> list[Request]:
        """What was asked of paths that end so."""
        return [request for request in self.requests if request.path.endswith(path_end)]

    def respond(self, request: Request) -> Answer:
        """The answer to a request that meets no fault; under the lock."""
        raise NotImplementedError

    def handle(self, request: Request) -> Answer | Fault:
        """The answer, or the fault that was ordered."""
        with self.lock:
            self.requests.append(request)
            instead = self._ordered(request.path)
            if instead is None:
                return self.respond(request)
            if instead is Fault.CUT_AFTER:
                self.respond(request)
            return instead

    def _ordered(self, path: str) -> Answer | Fault | None:
        for end, queue in self.faults.items():
            if path.endswith(end) and queue:
                return queue.popleft()
        return None


class _Listener(ThreadingHTTPServer):
    """Accepts at once; TLS is agreed on in the connection's own thread, so that a silent client holds up nobody."""

    daemon_threads = True
    block_on_close = False
    tls: ssl.SSLContext

    def __init__(self, *args: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args)

    def cut_all(self) -> None:
        """Every open connection has ended."""
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(20)
        with request.dup() as connection:  # TLS takes the socket itself away
            self._open.add(connection)
            try:
                with suppress(OSError), self.tls.wrap_socket(request, server_side=True) as encrypted:
                    super().finish_request(encrypted, client_address)
            finally:
                self._open.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections end in all ways; the client's side is what a test looks at."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together: apart, the body waits 40 ms for the client's delayed ACK
    owner: HttpsServer

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=url.path,
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
            connection=self.client_address[1],
        )
        answer = self.owner.handle(request)
        if isinstance(answer, Fault):
            if answer is Fault.HANG:
                self.owner.is_closing.wait(60)
            self.close_connection = True
            return
        self.send_response(answer.status)
        headers = {"Content-Type": answer.media_type, "Content-Length": str(len(answer.content)), **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.content)

    def do_POST(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_GET()

    def do_PATCH(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name it has there
        """Nothing is printed."""
