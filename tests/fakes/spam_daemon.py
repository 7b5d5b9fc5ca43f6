"""A spam daemon that reads a request and answers what the test says, as spamd's PROTOCOL and Rspamd's do it."""

from __future__ import annotations

import re
import socket
import threading
from types import TracebackType
from typing import Self

from helpdesk.spam_daemon.values import Daemon, Kind

SPAM = {
    Kind.SPAMASSASSIN: b"SPAMD/1.1 0 EX_OK\r\nContent-length: 99\r\nSpam: True ; 7.3 / 5.0\r\n\r\n"
    b" pts rule name              description\r\n"
    b"---- ---------------------- --------------------------------------------------\r\n"
    b" 1.8 MISSING_SUBJECT        Missing Subject: header\r\n"
    b" 5.5 URIBL_BLACK            Contains an URL listed in the URIBL blacklist\r\n"
    b"                            [URIs: casino.test]\r\n"
    b"-0.0 NO_RELAYS              Informational: message was not relayed via SMTP\r\n\r\n",
    Kind.RSPAMD: b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n"
    b'{"score": 7.3, "required_score": 15.0, "action": "add header", "thresholds": {"add header": 6, "reject": 15},'
    b' "symbols": {"MISSING_SUBJECT": {"score": 1.8}, "URIBL_BLACK": {"score": 5.5}, "R_SPF_ALLOW": {"score": -0.2}}}',
}
CLEAN = {
    Kind.SPAMASSASSIN: b"SPAMD/1.1 0 EX_OK\r\nSpam: False ; 0.4 / 5.0\r\n\r\n",
    Kind.RSPAMD: b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    b'{"score": 0.4, "required_score": 15.0, "action": "no action", "symbols": {}}',
}
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class FakeSpamDaemon:
    """A listening daemon; `answer` may change between two requests. None: it reads and says nothing."""

    def __init__(self, kind: Kind, answer: bytes | None) -> None:
        self.kind = kind
        self.answer = answer
        self.requests: list[bytes] = []
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True, name="fake-spam-daemon")

    def as_set(self, *, timeout_s: float = 20.0) -> Daemon:
        """How the operator would name it."""
        return Daemon(self.kind, "127.0.0.1", self._listening.getsockname()[1], timeout_s=timeout_s)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._listening.shutdown(socket.SHUT_RDWR)  # wakes who waits in `accept`
        self._listening.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        request = b""
        while not _is_whole(request) and (piece := connection.recv(64 * 1024)):
            request += piece
        self.requests.append(request)
        if self.answer is None:
            self._over.wait()
            return
        try:
            connection.sendall(self.answer)
        except OSError:
            return  # whoever asked has had enough


def _is_whole(request: bytes) -> bool:
    head, blank, body = request.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return bool(blank and length and len(body) >= int(length[1]))
