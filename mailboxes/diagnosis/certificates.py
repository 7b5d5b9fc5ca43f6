"""What a server's certificate says, read without trusting it: only to explain why it was refused."""

from __future__ import annotations

import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from helpdesk.lib.net import ascii_host
from mailboxes.connectors.trust import fingerprint, spelled
from mailboxes.connectors.wire import BoundedSocket, BoundedTlsSocket

MAX_NAMES = 5
MAX_NAME_CHARS = 80


@dataclass(frozen=True)
class CertificateFacts:
    """The parts a person can act on."""

    names: tuple[str, ...]  # at most MAX_NAMES host names
    starts_at: datetime
    expires_at: datetime
    issuer: str
    is_self_signed: bool
    subject: str = ""
    sha256: str = ""  # of the whole certificate, in hex

    @property
    def expires_on(self) -> date:
        """The last day, UTC."""
        return self.expires_at.date()

    @property
    def fingerprint(self) -> str:
        """SHA-256 as people compare it."""
        return spelled(self.sha256)


@dataclass(frozen=True)
class TrustOffer:
    """A certificate that no authority vouches for here, and the server it may be trusted for by its fingerprint."""

    host: str
    port: int
    certificate: CertificateFacts


def shown_certificate(sock: BoundedSocket, *, host: str) -> CertificateFacts | None:
    """The certificate a server shows on a connection that is closed afterwards; None when there is none to be read.

    Nothing is verified and nothing is sent over it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslsocket_class = BoundedTlsSocket
    with suppress(OSError, ValueError), sock, context.wrap_socket(sock, server_hostname=ascii_host(host)) as wrapped:
        return facts_of(wrapped.getpeercert(binary_form=True))
    return None


def facts_of(encoded: bytes | None) -> CertificateFacts | None:
    """The facts in a DER certificate; None when it cannot be read."""
    if not encoded:
        return None
    try:
        certificate = x509.load_der_x509_certificate(encoded)
        return CertificateFacts(
            names=_names(certificate),
            starts_at=certificate.not_valid_before_utc,
            expires_at=certificate.not_valid_after_utc,
            issuer=_common_name(certificate.issuer),
            is_self_signed=certificate.issuer == certificate.subject,
            subject=_common_name(certificate.subject),
            sha256=fingerprint(encoded),
        )
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return None


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return (_common_name(certificate.subject),)
    names = [*extension.get_values_for_type(x509.DNSName), *map(str, extension.get_values_for_type(x509.IPAddress))]
    return tuple(_clean(name) for name in names[:MAX_NAMES])


def _common_name(name: x509.Name) -> str:
    attributes = [
        *name.get_attributes_for_oid(NameOID.COMMON_NAME),
        *name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME),
    ]
    value = attributes[0].value if attributes else ""
    return _clean(value if isinstance(value, str) else "")


def _clean(name: str) -> str:
    return "".join(character for character in name if character.isprintable())[:MAX_NAME_CHARS]
