"""IMAP's lines on our own socket: what imaplib does, bounded, vetted, and without a memory of passwords."""

from __future__ import annotations

import imaplib
from typing import Literal

from helpdesk.lib.net import ascii_host
from mailboxes.connectors.config import ServerLogin
from mailboxes.connectors.trace import Tap
from mailboxes.connectors.wire import (
    AnswerTooLongError,
    BoundedSocket,
    BoundedTlsSocket,
    guard_errors_translated,
    open_socket,
)


class ImapProtocol(imaplib.IMAP4):
    """imaplib on our socket, which bounds every answer, and without its record of the last commands (passwords)."""

    sock: BoundedSocket | BoundedTlsSocket
    _tap: Tap | None = None

    def __init__(self, login: ServerLogin, connected: BoundedSocket | BoundedTlsSocket | None) -> None:
        self._login = login
        self._connected = connected
        with guard_errors_translated():
            name = ascii_host(login.host)  # imaplib checks the certificate against it after STARTTLS
        super().__init__(name, login.port)

    def login(self, user: str, password: str) -> tuple[Literal["OK"], list[bytes]]:
        """As imaplib's, with the user name quoted as well: it may hold blanks and backslashes."""
        typ, data = self._simple_command("LOGIN", quoted(user), quoted(password))
        if typ != "OK":
            raise self.error(str(data[-1], "utf-8", "replace"))
        self.state = "AUTH"
        return "OK", data

    def _get_capabilities(self) -> None:
        """As imaplib's: what it asks first on a socket, also on the one that STARTTLS has made."""
        self.sock.tap = self._tap = self.sock.tap or self._tap
        super()._get_capabilities()  # type: ignore[misc]  # imaplib's own, not in its stubs

    def _create_socket(self, timeout: float | None) -> BoundedSocket | BoundedTlsSocket:  # noqa: ARG002  # imaplib's
        return self._connected or open_socket(self._login, protocol="imap")

    def read(self, size: int) -> bytes:
        """A literal of `size` bytes, refused before any memory is set aside if the answer may not be so long."""
        if size > self.sock.room_bytes():
            raise AnswerTooLongError("the answer is longer than allowed")
        return super().read(size)

    def readline(self) -> bytes:
        """One line; one beyond imaplib's cap of 1,000,000 bytes leaves the stream unusable, as any long answer."""
        try:
            return super().readline()
        except self.error as error:
            raise AnswerTooLongError(str(error)) from None

    def _log(self, line: str) -> None:
        """Commands are not kept: LOGIN is among them."""


def quoted(text: str) -> str:
    """The text as a quoted string; it must hold no control characters."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
