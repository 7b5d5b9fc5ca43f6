"""The fingerprint that a connector is told, of the one certificate an organization trusts for a server."""

from __future__ import annotations

from helpdesk.tenancy.prepared import Prepared
from mailboxes.models import TrustedCertificate

_SHA256: Prepared[tuple[str]] = Prepared(
    lambda port, host: TrustedCertificate.objects.filter(host=host, port=port).values_list("sha256")[:1]
)


def trusted_sha256(host: str, port: int) -> str:
    """The fingerprint of the one certificate this server may show; empty: authorities vouch for it. Needs the scope."""
    found = _SHA256.first(port, host=spelled_host(host))  # a port is no value of 64 bits: it shapes the query
    return found[0] if found else ""


def spelled_host(host: str) -> str:
    """A host as it is compared here."""
    return host.strip().lower()
