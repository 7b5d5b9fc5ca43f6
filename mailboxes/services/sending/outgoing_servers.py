"""Which server a mail leaves through, and how to speak to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from django.conf import settings
from django.db.models import Q, QuerySet

from helpdesk.lib.crypto import CannotOpen
from helpdesk.tenancy.prepared import Prepared
from helpdesk.tenancy.secrets import open_for
from mailboxes.connectors.base import Sender
from mailboxes.connectors.config import (
    MAX_EWS_MIME_BYTES,
    EwsConfig,
    GraphConfig,
    Recorder,
    Security,
    ServerLogin,
    SmtpConfig,
)
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.registry import sender_for
from mailboxes.models import Connection, Mailbox, OutgoingKind, OutgoingServer
from mailboxes.services.liveness.certificates import observer_of
from mailboxes.services.oauth.graph_configs import graph_config
from mailboxes.services.oauth.tokens import tokens_of
from mailboxes.services.setup.connections import exchange_config
from mailboxes.services.setup.network_limits import host_guard, refuse_cleartext, timeouts
from mailboxes.services.setup.proxies import proxy_config
from mailboxes.services.setup.trusted_fingerprints import trusted_sha256

MAX_OUTGOING_BYTES = 50 * 1024 * 1024
# What providers take, encoded; most announce it as SIZE only once one is signed in.
KNOWN_LIMITS_BYTES = {
    "smtp.gmail.com": 35_882_577,
    "smtp-mail.outlook.com": 35_882_577,
    "smtp.office365.com": 157_286_400,
}
# Hosts that put a copy into Sent by themselves.
FILES_SENT_ITSELF = frozenset({"smtp.gmail.com", "smtp.googlemail.com", "smtp.office365.com", "smtp-mail.outlook.com"})

IS_STUB = Q(is_draft=True, setup__has_key="entered")  # services.setup.drafts.is_stub
_DEFAULT: Prepared[OutgoingServer] = Prepared(
    lambda: OutgoingServer.objects.select_related("login_of__grant").filter(is_default=True).order_by("created_at")[:1]
)


def server_for(mailbox: Mailbox | None) -> OutgoingServer | None:
    """The mailbox's own server, else the organization's default, else None."""
    if mailbox is not None and mailbox.outgoing is not None:
        return mailbox.outgoing
    return default_server()


def default_server() -> OutgoingServer | None:
    """Where mail leaves of mailboxes without a server of their own."""
    return _DEFAULT.first()


def mailboxes_through(server: OutgoingServer) -> QuerySet[Mailbox]:
    """The mailboxes whose mail leaves through this server, those without one of their own if it is the default.

    Drafts as well, once somebody has entered how they are sent from.
    """
    default = default_server()
    through = Q(outgoing=server)
    if default is not None and default.pk == server.pk:
        through |= Q(outgoing=None) & ~IS_STUB
    return Mailbox.objects.filter(through, deleted_at=None)


def files_sent_itself(server: OutgoingServer) -> bool:
    """True if mail sent through this server appears in Sent by itself: `sent_filing` is then off for new mailboxes."""
    return server.kind != OutgoingKind.SMTP or server.host.lower().rstrip(".") in FILES_SENT_ITSELF


def size_limit_bytes(server: OutgoingServer) -> int:
    """How large a composed mail may be, as far as is known before the server is asked."""
    known = MAX_EWS_MIME_BYTES if server.kind == OutgoingKind.EWS else KNOWN_LIMITS_BYTES.get(server.host.lower())
    return min(known or MAX_OUTGOING_BYTES, MAX_OUTGOING_BYTES)


def sender_of(server: OutgoingServer, *, user: str = "", recorder: Recorder | None = None) -> Sender:
    """The connector for this server, with its secret opened; connects to nothing.

    user: whose mail is sent, where that is another than who signed in; said along with a token (F65, F66).
    recorder: who keeps what is said.

    Raises ConnectorError (permanent): a user name without password, one that does not open, clear text without leave, a
    log-in that is gone.
    """
    return sender_for(server.kind, CONFIGS[server.kind](server, user=user, recorder=recorder))


def _graph(server: OutgoingServer, *, user: str, recorder: Recorder | None) -> GraphConfig:
    del user  # the server's own mailbox sends
    if server.login_of is None:
        raise ConnectorError(Reason.LOGIN_REFUSED, permanent=True, detail="its connection is gone; connect it again")
    return replace(graph_config(server.login_of, user=server.username), recorder=recorder)


def _ews(server: OutgoingServer, *, user: str, recorder: Recorder | None) -> EwsConfig:
    del user  # the server's own mailbox sends
    if server.login_of is None:
        raise ConnectorError(Reason.LOGIN_REFUSED, permanent=True, detail="its connection is gone; connect it again")
    config = exchange_config(server.login_of, user=server.username)
    return replace(config, login=replace(config.login, recorder=recorder))


def smtp_config(server: OutgoingServer, *, user: str = "", recorder: Recorder | None = None) -> SmtpConfig:
    """How to reach the server. Raises as `sender_of`."""
    security = Security(server.security)
    refuse_cleartext(security)
    account = server.login_of or server
    tokens = tokens_of(server.login_of) if server.login_of is not None else None
    login = ServerLogin(
        host=server.host,
        port=server.port,
        security=security,
        username=(user if tokens is not None else "") or account.username,
        password=_password(account) if tokens is None else "",
        guard=host_guard(),
        timeouts=timeouts(),
        proxy=proxy_config(server.proxy),
        tokens=tokens,
        ca_file=settings.MAIL_CA_FILE,
        trusted_sha256=trusted_sha256(server.host, server.port),
        recorder=recorder,
        on_certificate=observer_of(server),
    )
    return SmtpConfig(login=login)


def _password(account: Connection | OutgoingServer) -> str:
    try:
        password = open_for(account, "password_sealed")
    except CannotOpen:
        raise ConnectorError(
            Reason.LOGIN_REFUSED, permanent=True, detail="the stored password cannot be opened; enter it again"
        ) from None
    if account.username and not password:
        raise ConnectorError(Reason.LOGIN_REFUSED, permanent=True, detail="no password is stored; enter it again")
    return password


CONFIGS: Mapping[str, Callable[..., object]] = {
    OutgoingKind.SMTP: smtp_config,
    OutgoingKind.GRAPH: _graph,
    OutgoingKind.EWS: _ews,
}
