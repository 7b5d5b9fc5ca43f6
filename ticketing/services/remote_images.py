"""Fetching an image that a mail refers to, without telling the sender who reads it, and without reaching inside."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin, urlsplit

from helpdesk.lib import clock
from helpdesk.lib.net import HostGuard, HostGuardError
from ticketing.mail.filetypes import sniff_type
from ticketing.queries.files import RASTER_TYPES

MAX_BYTES = 5 * 1024 * 1024
TIMEOUT_S = 10.0
MAX_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_SAFE = "/?%:@!$&'()*+,;=~-._[]"  # what stands in an address as it is
_CHUNK = 64 * 1024
_HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; Postroom)", "Accept": "image/*", "Accept-Encoding": "identity"}
# Public addresses and the two ports of the web, whatever is allowed for mail servers.
PUBLIC_WEB = HostGuard(allowed_ports=frozenset({80}))


class NoImage(Exception):
    """There is no image to be had; the text says why, for the log alone."""


@dataclass(frozen=True)
class FetchedImage:
    """A raster image."""

    content_type: str  # what the bytes show
    content: bytes = field(repr=False)


def fetch_image(url: str, *, guard: HostGuard | None = None) -> FetchedImage:
    """The image behind the address, at most 5 MB within 10 s, over at most three redirects, each vetted anew.

    guard: who may be reached, PUBLIC_WEB unless given. Sends no cookies and no referrer. Network work: call outside
    any transaction. Raises NoImage.
    """
    deadline = clock.monotonic() + TIMEOUT_S
    for _ in range(MAX_REDIRECTS + 1):
        answer = _get(url, guard=guard or PUBLIC_WEB, deadline=deadline)
        if isinstance(answer, bytes):
            return _raster(answer)
        url = answer
    raise NoImage("too many redirects")


def _get(url: str, *, guard: HostGuard, deadline: float) -> bytes | str:
    """The content, or where it moved to."""
    connection, target = _connection(url, guard=guard, deadline=deadline)
    # A server that sends its headers one byte at a time never runs into the socket's own timeout.
    end = threading.Timer(_left(deadline), _shut, [connection])
    end.daemon = True
    end.start()
    try:
        connection.request("GET", target, headers=_HEADERS)
        response = connection.getresponse()
        moved_to = response.getheader("Location")
        if response.status in _REDIRECTS and moved_to:
            return urljoin(url, moved_to)
        if response.status != 200:
            raise NoImage(f"answered {response.status}")
        return _read(response, deadline=deadline)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoImage(type(error).__name__) from error
    finally:
        end.cancel()
        connection.close()


def _shut(connection: http.client.HTTPConnection) -> None:
    with suppress(OSError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _connection(url: str, *, guard: HostGuard, deadline: float) -> tuple[http.client.HTTPConnection, str]:
    try:
        parts = urlsplit(url)
        host, is_tls = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if is_tls else 80)
        if parts.scheme not in ("http", "https") or parts.username is not None:
            raise NoImage("not a web address")
        vetted = guard.resolve(host, port, protocol="https")
        sock = vetted.connect(timeout_s=_left(deadline))
    except (HostGuardError, ValueError) as error:
        raise NoImage("not reachable") from error
    connection = http.client.HTTPConnection(vetted.name, port, timeout=_left(deadline))
    try:
        connection.sock = (
            ssl.create_default_context().wrap_socket(sock, server_hostname=vetted.name) if is_tls else sock
        )
    except OSError as error:
        sock.close()
        raise NoImage("no encryption") from error
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return connection, quote(target, safe=_SAFE)


def _read(response: http.client.HTTPResponse, *, deadline: float) -> bytes:
    content = bytearray()
    while chunk := response.read1(_CHUNK):
        content += chunk
        if len(content) > MAX_BYTES:
            raise NoImage("too large")
        _left(deadline)
    return bytes(content)


def _left(deadline: float) -> float:
    left = deadline - clock.monotonic()
    if left <= 0:
        raise NoImage("too slow")
    return left


def _raster(content: bytes) -> FetchedImage:
    content_type = sniff_type(content, declared="", filename="")
    if content_type not in RASTER_TYPES:
        raise NoImage("no raster image")
    return FetchedImage(content_type=content_type, content=content)
