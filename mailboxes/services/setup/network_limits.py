"""What the operator allows connectors: which addresses and ports, for how long, and whether in clear text."""

from __future__ import annotations

from django.conf import settings

from helpdesk.lib.net import HostGuard
from mailboxes.connectors.config import Security, Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason


def refuse_cleartext(security: Security) -> None:
    """Raises ConnectorError when the connection would be in clear text and the operator does not allow it."""
    if security is Security.NONE and not settings.MAIL_ALLOW_CLEARTEXT:
        raise ConnectorError(
            Reason.TLS_NOT_OFFERED, permanent=True, detail="clear text is not allowed on this installation"
        )


def host_guard() -> HostGuard:
    """The guard with what the operator allows beyond public addresses and usual ports."""
    return HostGuard(allowed_networks=settings.MAIL_ALLOWED_NETWORKS, allowed_ports=settings.MAIL_ALLOWED_PORTS)


def timeouts() -> Timeouts:
    """How long a mail server may take for each network step."""
    return Timeouts(connect_s=settings.MAIL_CONNECT_TIMEOUT_S, read_s=settings.MAIL_READ_TIMEOUT_S)
