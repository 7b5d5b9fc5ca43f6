"""A way to a server through a proxy: SOCKS5 (RFC 1928, 1929) or HTTP CONNECT (RFC 9110 section 9.3.6).

python-socks speaks to the proxy over a socket that the host guard vetted. The server's own name is resolved and vetted
here, too, and its address handed to the proxy: a proxy is no way around the guard.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from python_socks import ProxyError, ProxyTimeoutError, ProxyType
from python_socks.sync import Proxy

from helpdesk.lib.net import HostGuard, HostGuardError, VettedHost
from mailboxes.connectors.errors import ConnectorError, Reason

_MAX_HEAD_BYTES = 64 * 1024
_AUTHENTICATION_REQUIRED = frozenset({401, 407})  # the first by tinyproxy for a wrong password
_BEHIND_IT = frozenset({3, 4, 5, 6, 502, 503, 504})  # SOCKS5: network, host, refused, TTL; HTTP: gateway trouble
_NO_LOG_IN = ("authentication",)  # python-socks gives refused log-ins words but no code


class ProxyKind(StrEnum):
    """How a proxy is spoken to."""

    HTTP = "http"
    SOCKS5 = "socks5"


@dataclass(frozen=True)
class ProxyConfig:
    """A proxy and the account on it. Without a user name nobody signs in."""

    kind: ProxyKind
    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)


def connect_through(proxy: ProxyConfig, target: VettedHost, *, guard: HostGuard, timeout_s: float) -> socket.socket:
    """A socket that ends at the first vetted address of `target`; its own timeout is `timeout_s`.

    Raises ConnectorError: the proxy cannot be reached, refuses the log-in, refuses, or cannot reach the server.
    """
    way = Proxy(
        proxy_type=ProxyType.HTTP if proxy.kind is ProxyKind.HTTP else ProxyType.SOCKS5,
        host=proxy.host,
        port=proxy.port,
        username=proxy.username or None,
        password=proxy.password if proxy.username else None,
        forward=_Guarded(proxy, guard=guard),
    )
    try:
        sock = way.connect(str(target.addresses[0]), target.port, timeout=timeout_s)
    except ProxyTimeoutError:
        raise ConnectorError(Reason.PROXY_UNREACHABLE, permanent=False) from None
    except ProxyError as error:
        raise _refusal(error) from None
    except (OSError, ValueError, RuntimeError):  # the connection ended, or what came is no answer of a proxy
        raise ConnectorError(Reason.PROXY_UNREACHABLE, permanent=False) from None
    plain = socket.socket(sock.family, sock.type, sock.proto, fileno=sock.detach())
    plain.settimeout(timeout_s)
    return plain


class _Guarded(Proxy):
    """The way to the proxy itself: through the guard, which python-socks knows nothing of."""

    def __init__(self, proxy: ProxyConfig, *, guard: HostGuard) -> None:
        super().__init__(ProxyType.SOCKS5, proxy.host, proxy.port)
        self._guard = guard
        self._is_http = proxy.kind is ProxyKind.HTTP

    def connect(
        self,
        dest_host: str,
        dest_port: int,
        timeout: float | None = None,
        **_: Any,
    ) -> socket.socket:
        """A socket to the proxy. Raises ConnectorError."""
        try:
            sock = self._guard.connect(dest_host, dest_port, timeout or 0.0, protocol="proxy")
        except HostGuardError:
            raise ConnectorError(Reason.PROXY_UNREACHABLE, permanent=False) from None
        return _HeadFirst(sock) if self._is_http else sock


class _HeadFirst(socket.socket):
    """A socket whose first answer is one HTTP head and not a byte more: behind it the server's greeting may follow."""

    def __init__(self, sock: socket.socket) -> None:
        timeout_s = sock.gettimeout()
        super().__init__(sock.family, sock.type, sock.proto, fileno=sock.detach())
        self.settimeout(timeout_s)

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:  # noqa: ARG002  # the head's end is the limit
        """The head up to its empty line. Raises OSError for what is none."""
        head = bytearray()
        while not head.endswith(b"\r\n\r\n"):
            byte = super().recv(1)
            if not byte or len(head) >= _MAX_HEAD_BYTES:
                raise ConnectionResetError("no answer of a proxy")
            head += byte
        return bytes(head)


def _refusal(error: ProxyError) -> ConnectorError:
    if error.error_code in _AUTHENTICATION_REQUIRED or any(word in str(error).lower() for word in _NO_LOG_IN):
        return ConnectorError(Reason.PROXY_LOGIN_REFUSED, permanent=True)
    if error.error_code in _BEHIND_IT:
        return ConnectorError(Reason.UNREACHABLE, permanent=False)
    return ConnectorError(Reason.PROXY_REFUSED, permanent=False)
