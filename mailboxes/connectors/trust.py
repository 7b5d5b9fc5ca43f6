"""One certificate of a server that was trusted by its SHA-256 fingerprint: it is accepted, and no other is.

For servers whose certificate no authority vouches for. The fingerprint stands in for every other check, the name and
the dates included, and is compared before anything is said on the encrypted connection. Servers of known providers and
whoever is shown a token are always checked by the authorities.
"""

from __future__ import annotations

import hashlib
import ssl
from functools import lru_cache
from hmac import compare_digest

from mailboxes.connectors.config import ServerLogin
from mailboxes.connectors.known_hosts import has_public_certificate


class OtherCertificateError(ssl.SSLError):
    """The server shows another certificate than the trusted one."""

    def __init__(self, *, trusted: str, shown: str) -> None:
        super().__init__("another certificate")
        self.words = f"trusted: {spelled(trusted)}; shown: {spelled(shown) or 'none'}"


class TrustingContext(ssl.SSLContext):
    """A context for the one certificate; its sockets call `refuse_other` at the end of each handshake."""

    trusted_sha256: str = ""


@lru_cache(maxsize=64)
def trusting_context(sha256: str, *, sockets: type[ssl.SSLSocket]) -> TrustingContext:
    """The context that accepts this certificate. The handshake proves that the server holds its key."""
    context = TrustingContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslsocket_class = sockets
    context.trusted_sha256 = sha256
    return context


def refuse_other(sock: ssl.SSLSocket) -> None:
    """Raises OtherCertificateError if the socket's context trusts one certificate, and this is another."""
    trusted = trusted_by(sock)
    if not trusted:
        return
    shown = fingerprint(sock.getpeercert(binary_form=True))
    if not compare_digest(trusted, shown):
        raise OtherCertificateError(trusted=trusted, shown=shown)


def trusted_by(sock: ssl.SSLSocket) -> str:
    """The fingerprint that the connection was accepted by; empty where authorities vouch for it."""
    context = sock.context
    return context.trusted_sha256 if isinstance(context, TrustingContext) else ""


def trusted_of(login: ServerLogin) -> str:
    """The fingerprint that counts for this account; empty where authorities alone may vouch for the server."""
    return login.trusted_sha256 if may_be_trusted(login) else ""


def may_be_trusted(login: ServerLogin) -> bool:
    """True unless the server is a known provider's or is shown tokens."""
    return login.tokens is None and not has_public_certificate(login.host)


def fingerprint(encoded: bytes | None) -> str:
    """SHA-256 of a certificate in DER, in hex; empty for none."""
    return hashlib.sha256(encoded).hexdigest() if encoded else ""


def spelled(sha256: str) -> str:
    """The fingerprint as people compare it: AB:CD:…"""
    return ":".join(sha256[at : at + 2] for at in range(0, len(sha256), 2)).upper()
