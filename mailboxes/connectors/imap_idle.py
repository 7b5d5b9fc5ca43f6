"""IDLE (RFC 2177): one signed-in connection that waits for the server to tell of new mail, and never blocks.

asked ──"+"──▶ idle ──renewal──▶ ending ──tagged OK──▶ asked …
  │ NO, BAD          │ EOF, BYE, silence where an answer is due
  ▼                  ▼
raises ConnectorError from `read` or `tick`; the caller makes another connection, later

What a server tells is only a reason to poll: nothing here is ever taken for the state of the folder.
"""

from __future__ import annotations

import random
import re
import ssl
from contextlib import suppress
from enum import StrEnum
from typing import Final

from mailboxes.connectors.config import ImapConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap_client import ImapClient, connect
from mailboxes.connectors.imap_errors import errors_translated
from mailboxes.connectors.wire import keep_alive, network_error

RENEW_AFTER_S = (5 * 60.0, 9 * 60.0)  # RFC 2177 asks for less than 29 minutes; home routers forget after 5 to 15
ANSWER_WITHIN_S = 30.0
MAX_LINE_BYTES = 64 * 1024
_READ_BYTES = 16 * 1024
_TAG: Final = b"idle"
_NEWS = re.compile(rb"\* [0-9]{1,10} EXISTS", re.IGNORECASE)


class _State(StrEnum):
    ASKED = "asked"
    IDLE = "idle"
    ENDING = "ending"


class IdleConnection:
    """A folder that is being listened to. `fileno` is for a selector; `read` when it is readable, `tick` now and then.

    `now` is monotonic seconds throughout.
    """

    def __init__(self, client: ImapClient, *, now: float) -> None:
        self._client = client
        self._sock = client.socket()
        self._sock.settimeout(0)
        keep_alive(self._sock)  # the renewal finds what the kernel does not
        self._buffer = b""
        self._state = _State.ASKED
        self._deadline = now
        self._ask(now)

    def fileno(self) -> int:
        """The socket's number."""
        return int(self._sock.fileno())

    @property
    def is_live(self) -> bool:
        """True while the server has agreed to tell of news."""
        return self._state is _State.IDLE

    def read(self, *, now: float) -> bool:
        """What the server sent was read; True if it tells of new mail. Raises ConnectorError: the connection ended."""
        has_news = False
        for line in self._lines():
            has_news |= self._heard(line, now=now)
        return has_news

    def tick(self, *, now: float) -> None:
        """Renewed where it is time. Raises ConnectorError (TIMEOUT) where an answer is overdue."""
        if now < self._deadline:
            return
        if self._state is not _State.IDLE:
            raise ConnectorError(Reason.TIMEOUT, permanent=False)
        self._send(b"DONE\r\n")
        self._state, self._deadline = _State.ENDING, now + ANSWER_WITHIN_S

    def close(self) -> None:
        """Nothing is open any more; the server is told if that costs no waiting."""
        with suppress(OSError, ConnectorError):
            self._send(b"DONE\r\nbye LOGOUT\r\n" if self._state is _State.IDLE else b"bye LOGOUT\r\n")
        with suppress(OSError):
            self._client._imap.shutdown()

    def _ask(self, now: float) -> None:
        self._send(_TAG + b" IDLE\r\n")
        self._state, self._deadline = _State.ASKED, now + ANSWER_WITHIN_S

    def _heard(self, line: bytes, *, now: float) -> bool:
        if line.startswith(b"+") and self._state is _State.ASKED:
            self._state, self._deadline = _State.IDLE, now + random.uniform(*RENEW_AFTER_S)  # noqa: S311  not a secret
        elif line.upper().startswith(b"* BYE"):
            raise ConnectorError(Reason.CONNECTION_LOST, permanent=False, detail=_words(line))
        elif line.startswith(_TAG + b" "):
            if not line.upper().startswith(_TAG.upper() + b" OK"):
                raise ConnectorError(Reason.NO_IDLE, permanent=True, detail=_words(line))
            self._ask(now)
        return bool(_NEWS.match(line))

    def _lines(self) -> list[bytes]:
        self._buffer += self._received()
        *lines, self._buffer = self._buffer.split(b"\n")
        if len(self._buffer) > MAX_LINE_BYTES:
            raise ConnectorError(Reason.PROTOCOL, permanent=False)
        return [line.rstrip(b"\r") for line in lines]

    def _received(self) -> bytes:
        """All there is, so that nothing waits unseen inside the TLS layer."""
        pieces: list[bytes] = []
        try:
            while sum(map(len, pieces)) <= MAX_LINE_BYTES:
                piece = self._sock.recv(_READ_BYTES)
                if not piece:
                    raise ConnectorError(Reason.CONNECTION_LOST, permanent=False)
                pieces.append(piece)
        except (ssl.SSLWantReadError, BlockingIOError):
            pass
        except OSError as error:
            raise network_error(error) from error
        return b"".join(pieces)

    def _send(self, command: bytes) -> None:
        """A few bytes fit the kernel's buffer; where they do not, nobody reads at the other end."""
        try:
            sent = self._sock.send(command)
        except (ssl.SSLWantWriteError, BlockingIOError) as error:
            raise ConnectorError(Reason.TIMEOUT, permanent=False) from error
        except OSError as error:
            raise network_error(error) from error
        if sent != len(command):
            raise ConnectorError(Reason.TIMEOUT, permanent=False)


def listen(config: ImapConfig, *, now: float) -> IdleConnection:
    """The folder is being listened to. Blocks while it connects, within the login's timeouts.

    Raises ConnectorError; NO_IDLE (permanent) where the server does not offer it.
    """
    client = connect(config.login)
    try:
        with errors_translated(config.login):
            if not client.has_capability("IDLE"):
                raise ConnectorError(Reason.NO_IDLE, permanent=True)
            client.open_folder(config.folder, writable=False)
        return IdleConnection(client, now=now)
    except BaseException:
        client.end()
        raise


def _words(line: bytes) -> str:
    return line.decode("ascii", "replace").partition(" ")[2]
