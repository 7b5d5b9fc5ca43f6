"""Servers that greet, and are spoken to on the connection that was tested: IMAP and POP3. STARTTLS is theirs alone."""

from __future__ import annotations

from abc import abstractmethod

from mailboxes.connectors.config import Security
from mailboxes.connectors.wire import BoundedSocket, BoundedTlsSocket
from mailboxes.diagnosis.signing_in import SignInTest


class GreetedTest(SignInTest):
    """The steps against a server that speaks first."""

    @abstractmethod
    def _upgrade(self, sock: BoundedSocket) -> BoundedTlsSocket:
        """The connection after the greeting and STARTTLS. Raises ConnectorError."""

    def _secured(self, sock: BoundedSocket) -> BoundedTlsSocket:
        """Encrypted from its first byte, or after the greeting."""
        if self._login.security is Security.TLS:
            return super()._secured(sock)
        sock.settimeout(self._connect_s)  # a port that waits for TLS says nothing
        return self._upgrade(sock)
