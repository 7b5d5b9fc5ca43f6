"""One POP3 connection: opened through the guard, signed in, closed; its errors in our vocabulary. RFC 1939.

Spoken here and not by poplib, which gives up at lines of 2,048 bytes and does not keep how a line ended: a message must
come as it lies there, byte for byte, and bounded as a whole. Used by the source (pop3) and the diagnosis.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from io import BufferedReader

from mailboxes.connectors import sasl
from mailboxes.connectors.config import Security, ServerLogin
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.pop3_errors import (
    RefusedError,
    errors_translated,
    response_code,
    sign_in_errors_translated,
)
from mailboxes.connectors.wire import (
    DEFAULT_ANSWER_BYTES,
    AnswerTooLongError,
    BoundedSocket,
    BoundedTlsSocket,
    ConnectionEndedError,
    open_socket,
    refuse_control_characters,
    scrubbed,
    wrap_tls,
)

MAX_STATUS_BYTES = 8192  # RFC 2449 section 4 allows 512
DRAINED_BYTES = 4 * 1024 * 1024  # what is read beyond what is kept, rather than giving up the connection
MAX_NAME_BYTES = 100  # RFC 1939 section 7 allows 70; each byte may take four characters of a column
_QUIT_S = 5.0


@dataclass(frozen=True)
class Text:
    """The answer to RETR or TOP, dots unstuffed."""

    content: bytes
    is_whole: bool  # False: more came than was to be kept


class Pop3Client:
    """A connection whose server has greeted. Every method may raise RefusedError (-ERR) and OSError.

    connected: a socket to use instead of making one; it is closed with the client.
    """

    def __init__(self, login: ServerLogin, *, connected: BoundedSocket | BoundedTlsSocket | None = None) -> None:
        self._login = login
        self._sock = connected or open_socket(login, protocol="pop3")
        self._reader: BufferedReader = self._sock.makefile("rb")
        try:
            self._status()
        except BaseException:
            self.drop()
            raise

    @property
    def is_open(self) -> bool:
        """False once the connection is of no further use."""
        return not self._reader.closed

    @property
    def socket(self) -> BoundedSocket | BoundedTlsSocket:
        """The connection as it is now."""
        return self._sock

    def upgrade(self) -> None:
        """The connection is encrypted from here on (STLS, RFC 2595). Raises ConnectorError: not offered, certificate.

        What the server sent ahead of TLS is forgotten with the old reader: it would be forged.
        """
        try:
            self._ask("STLS")
        except RefusedError as error:
            raise ConnectorError(Reason.TLS_NOT_OFFERED, permanent=False, detail=error.words) from None
        assert isinstance(self._sock, BoundedSocket)
        self._reader.close()
        self._sock = wrap_tls(self._sock, login=self._login)
        self._reader = self._sock.makefile("rb")

    def sign_in(self) -> None:
        """The account is proven. Raises ConnectorError: refused, disabled, in use, or the server's trouble."""
        login = self._login
        refuse_control_characters(login.username, login.password)
        try:
            with sign_in_errors_translated(login):
                if login.tokens is not None:
                    sasl.prove(login, login.tokens, self._prove)
                elif login.username.isascii() and " " not in login.username:
                    self._ask(f"USER {login.username}")
                    self._ask(f"PASS {login.password}")
                else:
                    self._sign_in_plain()
        except ConnectorError as error:
            if error.reason is Reason.THROTTLED and error.retry_after_s is None:
                error.retry_after_s = self._login_delay_s()
            raise

    def capabilities(self) -> dict[str, str]:
        """What the server can do (CAPA, RFC 2449): names in upper case, and their arguments; empty if it won't say."""
        try:
            lines = self._lines("CAPA")
        except RefusedError:
            return {}
        pairs = (line.decode("ascii", "replace").strip().partition(" ") for line in lines)
        return {name.upper(): arguments for name, _, arguments in pairs if name}

    def names(self) -> list[tuple[int, str]]:
        """Number and unique id (UIDL) of each message. Raises ConnectorError: NO_UNIQUE_IDS, PROTOCOL."""
        try:
            lines = self._lines("UIDL")
        except RefusedError as error:
            if response_code(error.words):
                raise
            words = scrubbed(error.words, login=self._login)
            raise ConnectorError(Reason.NO_UNIQUE_IDS, permanent=True, detail=words) from None
        return [_named(line) for line in lines]

    def sizes(self) -> dict[int, int]:
        """How large each message is, as the server claims; those it does not tell are missing."""
        pairs = (line.split()[:2] for line in self._lines("LIST"))
        return {int(pair[0]): int(pair[1]) for pair in pairs if len(pair) == 2 and all(map(_is_number, pair))}

    def retrieve(self, number: int, *, max_bytes: int) -> Text:
        """The whole message, cut behind `max_bytes`."""
        return self._text(f"RETR {number}", keep_bytes=max_bytes)

    def top(self, number: int, *, max_bytes: int) -> Text:
        """The header block, perhaps with some of the body, cut behind `max_bytes`."""
        return self._text(f"TOP {number} 0", keep_bytes=max_bytes)

    def delete(self, number: int) -> None:
        """The message is marked; it goes when `quit` is answered, and stays if the connection is lost before."""
        self._ask(f"DELE {number}")

    def quit(self) -> None:
        """What was marked is removed, and the connection closed. RefusedError: some of it was not removed."""
        try:
            self._ask("QUIT")
        finally:
            self.drop()

    def leave(self) -> None:
        """Signed off if the server still listens, closed in any case; never raises."""
        with suppress(OSError, RefusedError, ConnectorError):
            self._sock.settimeout(min(_QUIT_S, self._login.timeouts.read_s))
            self.quit()
        self.drop()

    def drop(self) -> None:
        """Closed without a word: to the server the session never was."""
        with suppress(OSError):
            self._reader.close()
        with suppress(OSError):
            self._sock.close()

    def _prove(self, token: str) -> None:
        with sign_in_errors_translated(self._login):
            self._exchange("XOAUTH2", sasl.xoauth2(self._login.username, token=token))

    def _sign_in_plain(self) -> None:
        """USER takes neither blanks nor letters beyond ASCII everywhere."""
        if "PLAIN" not in self.capabilities().get("SASL", "").upper().split():
            raise ConnectorError(
                Reason.LOGIN_DISABLED, permanent=True, detail="the server takes no such user names (SASL PLAIN)"
            )
        self._exchange("PLAIN", sasl.plain(self._login.username, password=self._login.password))

    def _exchange(self, mechanism: str, answer: bytes) -> None:
        """AUTH with the answer on a line of its own: Exchange Online takes no other form (RFC 5034 section 4)."""
        self._send(f"AUTH {mechanism}".encode())
        if not self._is_continued(self._line()):
            return
        self._send(answer)
        challenge = self._line()
        if not self._is_continued(challenge):
            return
        self._send(b"")  # XOAUTH2 tells why not, and waits for an empty line before -ERR
        try:
            self._status()
        except RefusedError as error:
            why = sasl.challenge_words(sasl.decoded(challenge[2:].decode("ascii", "replace")))
            raise RefusedError(f"{error.words} ({why})" if why else error.words) from None

    def _is_continued(self, line: bytes) -> bool:
        """True for `+`, False for +OK. Raises RefusedError, PROTOCOL."""
        if line == b"+" or line.startswith(b"+ "):
            return True
        self._judged(line)
        return False

    def _login_delay_s(self) -> float | None:
        """How long to wait between two sign-ins (RFC 2449 section 6.5), if the server tells."""
        with suppress(OSError, ConnectorError):
            seconds = self.capabilities().get("LOGIN-DELAY", "").partition(" ")[0]
            return float(seconds) if seconds.isdigit() and len(seconds) < 7 else None
        return None

    def _text(self, command: str, *, keep_bytes: int) -> Text:
        self._ask(command, cap_bytes=keep_bytes + DRAINED_BYTES)
        content = bytearray()
        begins = True  # only behind CRLF is a dot one of the protocol's (RFC 1939 section 3)
        while True:
            try:
                line = self._reader.readline()
            except AnswerTooLongError:
                if len(content) <= keep_bytes:
                    raise
                self.drop()
                return Text(bytes(content), is_whole=False)
            if not line:
                raise ConnectionEndedError(Reason.CONNECTION_LOST, permanent=False)
            if begins and line.startswith(b"."):
                if line == b".\r\n":
                    return Text(bytes(content), is_whole=len(content) <= keep_bytes)
                line = line[1:]
            begins = line.endswith(b"\r\n")
            if len(content) <= keep_bytes:
                content += line

    def _lines(self, command: str) -> list[bytes]:
        """The lines of a listing, without CRLF."""
        self._ask(command)
        lines: list[bytes] = []
        while (line := self._line()) != b".":
            lines.append(line.removeprefix(b"."))
        return lines

    def _ask(self, command: str, *, cap_bytes: int = DEFAULT_ANSWER_BYTES) -> str:
        refuse_control_characters(command)
        self._sock.answer_cap_bytes = cap_bytes
        self._send(command.encode())
        return self._status()

    def _send(self, line: bytes) -> None:
        self._sock.sendall(line + b"\r\n")

    def _status(self) -> str:
        return self._judged(self._line())

    def _judged(self, line: bytes) -> str:
        """The words of +OK. Raises RefusedError with those of -ERR."""
        indicator, _, words = line.decode("utf-8", "replace").partition(" ")
        if indicator == "+OK":
            return words
        if indicator == "-ERR":
            raise RefusedError(words)
        raise ConnectionEndedError(Reason.PROTOCOL, permanent=False, detail="no answer of a POP3 server")

    def _line(self) -> bytes:
        line = self._reader.readline(MAX_STATUS_BYTES)
        if not line:
            raise ConnectionEndedError(Reason.CONNECTION_LOST, permanent=False)
        if not line.endswith(b"\n"):
            raise ConnectionEndedError(Reason.PROTOCOL, permanent=False, detail="a line of an answer has no end")
        return line.rstrip(b"\r\n")


def connect(login: ServerLogin) -> Pop3Client:
    """A connection that is encrypted as configured and signed in; the caller ends it. Raises ConnectorError."""
    client = greeted(login)
    try:
        with errors_translated(login):
            if login.security is Security.STARTTLS:
                client.upgrade()
            client.sign_in()
    except ConnectorError:
        client.drop()
        raise
    return client


def greeted(login: ServerLogin, *, connected: BoundedSocket | BoundedTlsSocket | None = None) -> Pop3Client:
    """A connection whose server has greeted, TLS done where it is implicit, not signed in. Raises ConnectorError."""
    refuse_control_characters(login.host)
    with errors_translated(login):
        return Pop3Client(login, connected=connected)


def _named(line: bytes) -> tuple[int, str]:
    """Number and unique id in a line of UIDL."""
    number, _, name = line.strip().partition(b" ")
    if not _is_number(number) or not 1 <= len(name) <= MAX_NAME_BYTES:
        raise ConnectionEndedError(Reason.PROTOCOL, permanent=False, detail="a line of UIDL that cannot be read")
    return int(number), name.decode("ascii", "backslashreplace")


def _is_number(text: bytes) -> bool:
    return text.isdigit() and len(text) < 16
