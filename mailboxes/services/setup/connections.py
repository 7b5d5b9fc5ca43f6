"""What a connector is told about a server of ours: secrets opened, host guard and timeouts as the operator set them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from django.conf import settings

from helpdesk.lib.crypto import CannotOpen
from helpdesk.tenancy import secrets
from mailboxes.connectors.base import Source
from mailboxes.connectors.config import EwsConfig, GraphConfig, ImapConfig, Pop3Config, Security, ServerLogin
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.oauth.clouds import CLOUDS
from mailboxes.connectors.registry import source_for
from mailboxes.models import Connection, ConnectionKind, Flow, Mailbox, OAuthGrant
from mailboxes.services.liveness.certificates import observer_of
from mailboxes.services.liveness.tracing import recorder_of
from mailboxes.services.oauth.graph_configs import mailbox_config
from mailboxes.services.oauth.tokens import tokens_of
from mailboxes.services.setup.network_limits import host_guard, refuse_cleartext, timeouts
from mailboxes.services.setup.owners import exchange_owner, signs_in_for
from mailboxes.services.setup.proxies import proxy_config
from mailboxes.services.setup.trusted_fingerprints import trusted_sha256


def source_of(mailbox: Mailbox) -> Source:
    """The connector for the mailbox's folder, with its secret opened; connects to nothing. Needs the scope.

    Raises ConnectorError (permanent): no stored password, one that does not open, clear text without leave, or a
    mailbox that mail is brought to.
    """
    kind = mailbox.connection.kind
    return source_for(kind, CONFIGS[kind](mailbox))


def imap_config(mailbox: Mailbox) -> ImapConfig:
    """How to reach the mailbox's folder over IMAP. Raises as `source_of`."""
    return ImapConfig(login=_recorded(mailbox), folder=mailbox.folder)


def _pop3(mailbox: Mailbox) -> Pop3Config:
    return Pop3Config(login=_recorded(mailbox))


def _graph(mailbox: Mailbox) -> GraphConfig:
    return replace(mailbox_config(mailbox), recorder=recorder_of(mailbox))


def _ews(mailbox: Mailbox) -> EwsConfig:
    connection = mailbox.connection
    user = exchange_owner(connection.username, remote_user=mailbox.remote_user, address=mailbox.address)
    config = exchange_config(connection, user=user, folder=mailbox.folder)
    return replace(config, login=replace(config.login, recorder=recorder_of(mailbox)))


def exchange_config(connection: Connection, *, user: str, folder: str = "INBOX") -> EwsConfig:
    """A mailbox behind Exchange Web Services, and by which right it is opened. Needs the scope; raises as `source_of`.

    An app, and an account that was given this right, act as whoever owns the mailbox; others open what they may.
    """
    login = server_login(connection)
    grant = OAuthGrant.objects.filter(connection=connection).first()
    return EwsConfig(
        login=replace(login, username=signs_in_for(login.username)[0]),
        user=user,
        impersonates=grant.flow == Flow.APP if grant is not None else connection.impersonates,
        token_host=CLOUDS[grant.cloud].login if grant is not None else "",
        folder=folder,
    )


def _push(_mailbox: Mailbox) -> None:
    """There is nothing to reach."""


def _recorded(mailbox: Mailbox) -> ServerLogin:
    """The account the mailbox is read with, and who records it."""
    return replace(server_login(mailbox.connection, user=mailbox.remote_user), recorder=recorder_of(mailbox))


def server_login(connection: Connection, *, user: str = "") -> ServerLogin:
    """The account on the connection's server, with its password or its tokens. Needs the scope; raises as `source_of`.

    user: whose mail is read, where that is another than who signed in; said along with a token (F65).
    """
    security = Security(connection.security)
    refuse_cleartext(security)
    tokens = tokens_of(connection)
    return ServerLogin(
        host=connection.host,
        port=connection.port,
        security=security,
        username=(user if tokens is not None else "") or connection.username,
        password=_password(connection) if tokens is None else "",
        guard=host_guard(),
        timeouts=timeouts(),
        proxy=proxy_config(connection.proxy),
        tokens=tokens,
        ca_file=settings.MAIL_CA_FILE,
        trusted_sha256=trusted_sha256(connection.host, connection.port),
        on_certificate=observer_of(connection),
    )


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
    ConnectionKind.GRAPH: _graph,
    ConnectionKind.EWS: _ews,
    ConnectionKind.PUSH: _push,
}
