"""Sockets for the connectors: vetted address, bounded waiting, bounded answers, TLS. IMAP, POP3 and SMTP share them."""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from helpdesk.lib import clock
from helpdesk.lib.net import GuardReason, HostGuardError, VettedHost, ascii_host
from mailboxes.connectors.config import Security, ServerLogin
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.proxies import connect_through
from mailboxes.connectors.trace import Tap, tap_of
from mailboxes.connectors.trust import OtherCertificateError, refuse_other, trusted_of, trusting_context

SEND_CHUNK_BYTES = 64 * 1024
MIN_BYTES_PER_S = 1024  # an answer that comes slower than this for long is a stall
PATIENCE = 4  # how many read timeouts an answer may take before MIN_BYTES_PER_S is asked of it
DEFAULT_ANSWER_BYTES = 16 * 1024 * 1024
KEEPALIVE_S = (60, 15, 4)  # silence before the first probe, between probes, and how many

_CERTIFICATE_NAME_CODES = {62, 64}  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
_CERTIFICATE_TIME_CODES = {9, 10}  # not yet valid, has expired


class AnswerTooLongError(OSError):
    """The server sends more than the current command may be answered with."""


class ConnectionEndedError(ConnectorError):
    """The connection is of no further use; on a new one the next step may work."""


class SessionLostError(ConnectionEndedError):
    """A new connection could not be made, or shows something else: nothing more can be had in this session."""


class _Bounded:
    """What both socket classes add: a server can neither stall for ever by dripping nor fill the memory.

    Each send starts a new answer. The answer may take PATIENCE read timeouts plus a second per MIN_BYTES_PER_S
    received, and be `answer_cap_bytes` long.
    """

    answer_cap_bytes: int = DEFAULT_ANSWER_BYTES
    tap: Tap | None = None  # hears what is said in both directions
    _is_sending_all = False
    _received_bytes = 0
    _answer_began = 0.0

    def expect_answer(self) -> None:
        """What arrives from here on is a new answer."""
        self._received_bytes = 0
        self._answer_began = clock.monotonic()

    def room_bytes(self) -> int:
        """How much more the current answer may bring."""
        return self.answer_cap_bytes - self._received_bytes

    def sendall(self, data: Any, flags: int = 0) -> None:
        """All of `data` is with the kernel; the timeout holds for each 64 kB, not for the whole (F28)."""
        view = memoryview(data)
        if self.tap is not None:
            self.tap.sent(view)
        self._is_sending_all = True
        try:
            for start in range(0, len(view), SEND_CHUNK_BYTES):
                super().sendall(view[start : start + SEND_CHUNK_BYTES], flags)  # type: ignore[misc]  # a mixin
        finally:
            self._is_sending_all = False
        self.expect_answer()

    def send(self, data: Any, flags: int = 0) -> int:
        """As the socket's own."""
        count: int = super().send(data, flags)  # type: ignore[misc]  # a mixin of sockets
        if self.tap is not None and not self._is_sending_all:  # the one of TLS sends all by this
            self.tap.sent(memoryview(data)[:count])
        return count

    def recv(self, size: int = 1024, flags: int = 0) -> bytes:
        """As the socket's own."""
        data: bytes = super().recv(size, flags)  # type: ignore[misc]  # a mixin of sockets
        if self.tap is not None:
            self.tap.received(data)
        return data

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """As the socket's own, unless the answer is too slow (TimeoutError) or too long (AnswerTooLongError)."""
        self._check_pace()
        try:
            count: int = super().recv_into(*args, **kwargs)  # type: ignore[misc]  # a mixin of sockets
        except OSError as error:
            if self.tap is not None:
                self.tap.note("no answer in time" if isinstance(error, TimeoutError) else type(error).__name__)
            raise
        if self.tap is not None:
            self.tap.received(memoryview(args[0])[:count])
        self._received_bytes += count
        if self._received_bytes > self.answer_cap_bytes:
            raise AnswerTooLongError("the answer is longer than allowed")
        return count

    def close(self) -> None:
        """As the socket's own. One that was handed on to TLS has ended nothing."""
        was_open = self.fileno() >= 0  # type: ignore[attr-defined]  # a mixin of sockets
        super().close()  # type: ignore[misc]  # a mixin of sockets
        if was_open and self.tap is not None:
            self.tap.ended()

    def _check_pace(self) -> None:
        read_s: float = self.gettimeout()  # type: ignore[attr-defined]  # a mixin of sockets
        allowed_s = PATIENCE * read_s + self._received_bytes / MIN_BYTES_PER_S
        if clock.monotonic() - self._answer_began > allowed_s:
            raise TimeoutError("the answer comes too slowly")


class BoundedSocket(_Bounded, socket.socket):
    """A plain socket with bounded waiting and answers."""


class BoundedTlsSocket(_Bounded, ssl.SSLSocket):
    """A TLS socket with bounded waiting and answers."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002  # ssl's signature
        """As the socket's own; a context that trusts one certificate refuses any other before a word is said."""
        super().do_handshake(block)
        refuse_other(self)


def open_socket(login: ServerLogin, *, protocol: str) -> BoundedSocket | BoundedTlsSocket:
    """A connected socket, TLS done where it is implicit; reads time out after the login's read timeout.

    Raises ConnectorError: name, host, proxy, unreachable, timeout, certificate, TLS.
    """
    with guard_errors_translated():
        vetted = login.guard.resolve(login.host, login.port, protocol=protocol)
    sock = bounded(connected(login, vetted), read_s=login.timeouts.read_s)
    sock.tap = tap_of(login, protocol=protocol)
    return wrap_tls(sock, login=login) if login.security is Security.TLS else sock


def connected(login: ServerLogin, vetted: VettedHost) -> socket.socket:
    """A socket to a vetted address of the login's server, through its proxy if it has one. Raises ConnectorError."""
    connect_s = login.timeouts.connect_s
    if login.proxy is not None:
        return connect_through(login.proxy, vetted, guard=login.guard, timeout_s=connect_s)
    with guard_errors_translated():
        return vetted.connect(timeout_s=connect_s)


def bounded(plain: socket.socket, *, read_s: float) -> BoundedSocket:
    """The same connection as a bounded socket; `plain` is detached."""
    sock = BoundedSocket(plain.family, plain.type, plain.proto, fileno=plain.detach())
    sock.settimeout(read_s)
    sock.expect_answer()
    return sock


def wrap_tls(sock: BoundedSocket, *, login: ServerLogin) -> BoundedTlsSocket:
    """TLS is agreed on and the certificate is right; the old socket is gone either way.

    Right is one for the configured name that authorities vouch for, or the very one that was trusted.
    """
    try:
        with tls_errors_translated():
            wrapped = context_for(login).wrap_socket(
                sock, server_hostname=ascii_host(login.host), do_handshake_on_connect=False
            )
    except ConnectorError:
        sock.close()
        raise
    assert isinstance(wrapped, BoundedTlsSocket)
    wrapped.tap = sock.tap
    try:
        with tls_errors_translated():
            wrapped.do_handshake()
    except ConnectorError as error:
        tell_tap(wrapped, str(error))
        wrapped.close()
        raise
    tell_tap(wrapped, wrapped.version() or "TLS")
    wrapped.expect_answer()
    tell_certificate(wrapped, login=login)
    return wrapped


def tell_tap(sock: BoundedSocket | BoundedTlsSocket, text: str) -> None:
    """Whoever records the connection hears this of it."""
    if sock.tap is not None:
        sock.tap.note(text)


def tell_certificate(sock: ssl.SSLSocket, *, login: ServerLogin) -> None:
    """Whoever asked (`on_certificate`) knows when the server's certificate ends; it was verified before."""
    if login.on_certificate is None:
        return
    ends: Any = (sock.getpeercert() or {}).get("notAfter")
    if isinstance(ends, str):
        login.on_certificate(datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), tz=UTC))


def context_for(login: ServerLogin) -> ssl.SSLContext:
    """What checks the certificate of the login's server."""
    trusted = trusted_of(login)
    return trusting_context(trusted, sockets=BoundedTlsSocket) if trusted else tls_context(login.ca_file)


def keep_alive(sock: socket.socket) -> None:
    """The kernel asks after a peer that has been silent for a minute, and ends the connection of one that is gone."""
    idle_s, interval_s, count = KEEPALIVE_S
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", idle_s), ("TCP_KEEPINTVL", interval_s), ("TCP_KEEPCNT", count)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


@lru_cache(maxsize=64)
def tls_context(ca_file: str) -> ssl.SSLContext:
    """Certificate and host name are checked against the system's authorities and `ca_file`, read once a process."""
    context = ssl.create_default_context()
    context.sslsocket_class = BoundedTlsSocket
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context


@contextmanager
def guard_errors_translated() -> Iterator[None]:
    """The host guard's refusals become ConnectorError."""
    try:
        yield
    except HostGuardError as error:
        reason, permanent = _GUARD_REASONS[error.reason]
        raise ConnectorError(reason, permanent=permanent) from error


_GUARD_REASONS = {
    GuardReason.BAD_NAME: (Reason.NAME_NOT_FOUND, True),
    GuardReason.NOT_FOUND: (Reason.NAME_NOT_FOUND, False),
    GuardReason.REFUSED: (Reason.HOST_NOT_ALLOWED, True),
    GuardReason.UNREACHABLE: (Reason.UNREACHABLE, False),
    GuardReason.TIMEOUT: (Reason.TIMEOUT, False),
}


@contextmanager
def tls_errors_translated() -> Iterator[None]:
    """A failed handshake becomes ConnectorError; none is permanent, the server's side can heal without us."""
    try:
        yield
    except OtherCertificateError as error:
        raise ConnectorError(Reason.TLS_CERTIFICATE_CHANGED, permanent=False, detail=error.words) from error
    except ssl.SSLCertVerificationError as error:
        raise ConnectorError(_certificate_reason(error), permanent=False, detail=error.verify_message) from error
    except ssl.SSLError as error:
        raise ConnectorError(Reason.TLS_FAILED, permanent=False, detail=error.reason or "") from error
    except OSError as error:
        raise network_error(error) from error


def _certificate_reason(error: ssl.SSLCertVerificationError) -> Reason:
    if error.verify_code in _CERTIFICATE_NAME_CODES:
        return Reason.TLS_CERTIFICATE_NAME
    if error.verify_code in _CERTIFICATE_TIME_CODES:
        return Reason.TLS_CERTIFICATE_EXPIRED
    return Reason.TLS_CERTIFICATE_UNTRUSTED


def network_error(error: OSError) -> ConnectionEndedError:
    """What a failed read or write on an open connection is to the caller."""
    if isinstance(error, AnswerTooLongError):
        return ConnectionEndedError(Reason.TOO_LARGE, permanent=False, detail=str(error))
    if isinstance(error, TimeoutError):
        return ConnectionEndedError(Reason.TIMEOUT, permanent=False)
    return ConnectionEndedError(Reason.CONNECTION_LOST, permanent=False)


def refuse_control_characters(*texts: str) -> None:
    """Raises BAD_ARGUMENT if CR, LF or NUL is in anything meant for a server's command line."""
    for text in texts:
        if any(character in text for character in "\r\n\0"):
            raise ConnectorError(Reason.BAD_ARGUMENT, permanent=True)


def scrubbed(words: str, *, login: ServerLogin) -> str:
    """A server's words without the password, should it echo a command."""
    if not login.password:
        return words
    user, password = login.username.encode(), login.password.encode()
    for secret in (password, b"\0" + user + b"\0" + password):
        words = words.replace(base64.b64encode(secret).decode(), "***")
    return words.replace(login.password, "***")
