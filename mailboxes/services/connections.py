"""What a connector is told about a server of ours: secrets opened, host guard and timeouts as the operator set them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings

from helpdesk.lib.crypto import CannotOpen
from helpdesk.lib.net import HostGuard
from helpdesk.tenancy import secrets
from mailboxes.connectors.base import Source
from mailboxes.connectors.config import ImapConfig, Pop3Config, Security, ServerLogin, Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.registry import source_for
from mailboxes.models import Connection, ConnectionKind, Mailbox
from mailboxes.services.proxies import proxy_config


def source_of(mailbox: Mailbox) -> Source:
    """The connector for the mailbox's folder, with its secret opened; connects to nothing. Needs the scope.

    Raises ConnectorError (permanent): no stored password, one that does not open, or clear text without leave.
    """
    kind = mailbox.connection.kind
    return source_for(kind, CONFIGS[kind](mailbox))


def imap_config(mailbox: Mailbox) -> ImapConfig:
    """How to reach the mailbox's folder over IMAP. Raises as `source_of`."""
    return ImapConfig(login=server_login(mailbox.connection), folder=mailbox.folder)


def _pop3(mailbox: Mailbox) -> Pop3Config:
    return Pop3Config(login=server_login(mailbox.connection))


def server_login(connection: Connection) -> ServerLogin:
    """The account on the connection's server, with its password. Needs the scope; raises as `source_of`."""
    security = Security(connection.security)
    refuse_cleartext(security)
    return ServerLogin(
        host=connection.host,
        port=connection.port,
        security=security,
        username=connection.username,
        password=_password(connection),
        guard=host_guard(),
        timeouts=timeouts(),
        proxy=proxy_config(connection.proxy),
        ca_file=settings.MAIL_CA_FILE,
    )


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


def _password(connection: Connection) -> str:
    try:
        password = secrets.open_for(connection, "password_sealed")
    except CannotOpen:
        raise ConnectorError(
            Reason.LOGIN_REFUSED, permanent=True, detail="the stored password cannot be opened; enter it again"
        ) from None
    if not password:
        raise ConnectorError(Reason.LOGIN_REFUSED, permanent=True, detail="no password is stored; enter it again")
    return password


CONFIGS: Mapping[str, Callable[[Mailbox], object]] = {
    ConnectionKind.IMAP: imap_config,
    ConnectionKind.POP3: _pop3,
}
