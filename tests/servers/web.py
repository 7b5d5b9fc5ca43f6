"""A small web server on loopback: the places that images in mails are fetched from, honest and otherwise."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGOQi1oAAAGyARnBUHQ0AAAAAElFTkSuQmCC")


@dataclass
class WebServer:
    """What is asked of the server is answered by path; `requests` keeps the heads that came, `held` ends the waits."""

    port: int
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    drips: set[str] = field(default_factory=set)  # paths whose answer never ends, one byte of a header at a time
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    is_closing: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str) -> str:
        """The address of the path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def answer(self, path: str, content: bytes = PIXEL, *, status: int = 200, **headers: str) -> str:
        """The path has this answer from now on; gives its address. Names of headers are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = (status, named, content)
        return self.url(path)

    def move(self, path: str, to: str, *, status: int = 302) -> str:
        """The path leads on to `to`; gives its address."""
        return self.answer(path, b"", status=status, Location=to)


class _Handler(BaseHTTPRequestHandler):
    web: ClassVar[WebServer]

    def do_GET(self) -> None:
        self.web.requests.append((self.path, dict(self.headers)))
        if self.path in self.web.drips:
            self._drip()
            return
        status, headers, content = self.web.answers.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.web.is_closing.wait(0.02):
            try:
                self.wfile.write(b"a")
            except OSError:
                return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name it has there
        """Nothing is printed."""


@contextmanager
def web_server() -> Iterator[WebServer]:
    """A running server on a free port."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    web = WebServer(port=server.server_address[1])
    handler.web = web  # type: ignore[attr-defined]  # of this server alone
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        web.is_closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
