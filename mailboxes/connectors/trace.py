"""What a connection says and hears, line by line, for a recorder; without passwords, tokens and what mails contain.

A tap hangs on one socket (wire) and knows one protocol (trace_lines). What is a secret by its place in the protocol is
struck out there, and wherever it comes up again on this connection: a server may repeat what it was told.
"""

from __future__ import annotations

import base64
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator

from mailboxes.connectors.config import Recorder, ServerLogin
from mailboxes.connectors.trace_lines import DIALECTS, Dialect, Line, Raw

MAX_LINE_BYTES = 2000  # more of a line is told by its size
STRUCK_OUT = "***"
_END_BYTES = 64  # of a long line: says whether a literal follows
_SHORT = 4  # secrets below are struck out as whole words alone


class Secrets:
    """What must not be seen, in clear text and in base64. spared: never a secret, such as the user name."""

    def __init__(self, *, spared: str = "") -> None:
        self._spared = spared
        self._known: set[str] = set()

    def add(self, *texts: str) -> None:
        """These are struck out from now on, and what they hold in base64."""
        for text in texts:
            for secret in (text, *_held(text)):
                if secret and secret != self._spared:
                    joined = f"\0{self._spared}\0{secret}"  # as SASL PLAIN has it
                    self._known |= {secret, _encoded(secret), _encoded(joined), _encoded(self._spared + joined)}

    def struck_out(self, text: str) -> str:
        """The text without them."""
        for secret in sorted(self._known, key=len, reverse=True):
            if len(secret) >= _SHORT:
                text = text.replace(secret, STRUCK_OUT)
            else:
                text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", STRUCK_OUT, text)
        return text


class Tap:
    """Both directions of one connection."""

    def __init__(self, recorder: Recorder, dialect: Dialect, known: Secrets) -> None:
        self._recorder = recorder
        self._secrets = known
        self._session = secrets.token_hex(2)
        self._lock = threading.Lock()
        self._to, self._from = _Stream(dialect.client), _Stream(dialect.server)
        self._is_ended = False

    def sent(self, data: bytes | memoryview) -> None:
        """These bytes go to the server."""
        with self._lock:
            self._tell(">", self._to.lines(bytes(data)))

    def received(self, data: bytes | memoryview) -> None:
        """These bytes came from the server."""
        with self._lock:
            self._tell("<", self._from.lines(bytes(data)))

    def note(self, text: str) -> None:
        """Something about the connection."""
        self._recorder.line(self._session, "-", _printable(self._secrets.struck_out(text)))

    def ended(self) -> None:
        """The connection is closed; once."""
        if not self._is_ended:
            self._is_ended = True
            self.note("closed")
            self._recorder.flush()

    def _tell(self, direction: str, lines: Iterable[Line]) -> None:
        for line in lines:
            self._secrets.add(*line.secrets)
            self._recorder.line(self._session, direction, _printable(self._secrets.struck_out(line.text)))


class _Stream:
    """One direction: bytes in, lines out; literals and the rest of long lines are counted and let go."""

    def __init__(self, read: Callable[[Raw], Line | None]) -> None:
        self._read = read
        self._start, self._end = bytearray(), b""
        self._length = 0
        self._skip = 0  # bytes of a literal that are still to come

    def lines(self, data: bytes) -> Iterator[Line]:
        """The lines that end in these bytes."""
        at = 0
        while at < len(data):
            step = min(self._skip, len(data) - at)
            self._skip -= step
            at += step
            end = data.find(b"\n", at) + 1
            piece = data[at : end or len(data)]
            self._keep(piece)
            at += len(piece)
            if end:
                yield from self._line()

    def _keep(self, piece: bytes) -> None:
        self._start += piece[: max(MAX_LINE_BYTES - len(self._start), 0)]
        self._end = (self._end + piece[-_END_BYTES:])[-_END_BYTES:]
        self._length += len(piece)

    def _line(self) -> Iterator[Line]:
        line_end = len(self._end) - len(self._end.rstrip(b"\r\n"))
        is_whole = self._length <= MAX_LINE_BYTES
        start = bytes(self._start)[:-line_end] if is_whole else bytes(self._start)
        line = self._read(Raw(start, self._length - line_end, self._end.rstrip(b"\r\n")))
        self._start, self._end, self._length = bytearray(), b"", 0
        if line is not None:
            self._skip = line.skip_bytes
            yield line


def tap_of(login: ServerLogin, *, protocol: str) -> Tap | None:
    """A tap for a new connection of this account; None where nobody records it."""
    if login.recorder is None or protocol not in DIALECTS:
        return None
    known = Secrets(spared=login.username)
    known.add(login.password)
    tap = Tap(login.recorder, DIALECTS[protocol](), known)
    tap.note(f"{protocol} to {login.host}:{login.port}, {login.security}")
    return tap


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")


def _held(text: str) -> Iterator[str]:
    """The secrets in an answer of SASL: of PLAIN the password, of XOAUTH2 and OAUTHBEARER the token."""
    try:
        decoded = base64.b64decode(text, validate=True).decode("utf-8")
    except ValueError:
        return
    yield decoded
    yield decoded.rpartition("\0")[2]
    yield from re.findall("auth=Bearer ([^\x01]+)", decoded)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
