"""What the connectors to Microsoft Graph are told: whose mailbox, in which cloud, by whose tokens."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings

from mailboxes.connectors.config import GraphConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.oauth.clouds import CLOUDS
from mailboxes.models import Connection, ConnectionKind, Flow, Mailbox, OAuthGrant
from mailboxes.services.oauth.tokens import tokens_of
from mailboxes.services.reading.call_budget import CALLS_TO_READ, CallBudget, CallCounter, budget_of
from mailboxes.services.setup.network_limits import host_guard, timeouts
from mailboxes.services.setup.proxies import proxy_config


def mailbox_config(mailbox: Mailbox) -> GraphConfig:
    """The mailbox's folder behind Microsoft Graph, for reading: it leaves some calls to others. As `graph_config`."""
    connection = mailbox.connection
    config = graph_config(connection, user=mailbox.remote_user, address=mailbox.address, folder=mailbox.folder)
    return replace(config, on_call=CallCounter(budget_of(connection, user=config.user), most=CALLS_TO_READ))


def call_budget(connection: Connection, *, user: str, address: str = "") -> CallBudget | None:
    """The calls for this mailbox of the connection; None where its provider counts none. User and address as above.

    Needs the scope, or the grant selected with the connection.
    """
    if connection.kind != ConnectionKind.GRAPH:
        return None
    grant: OAuthGrant | None = getattr(connection, "grant", None)
    if grant is None:
        return None
    return budget_of(connection, user=_owner(connection, grant, user=user, address=address))


def graph_config(connection: Connection, *, user: str, address: str = "", folder: str = "INBOX") -> GraphConfig:
    """A mailbox behind Microsoft Graph. Needs the scope; asks nobody yet.

    user: whose it is. Without one, an app opens that of the address, and whoever signs in opens their own.
    Raises ConnectorError (permanent) for a connection that has lost its grant.
    """
    tokens = tokens_of(connection)
    grant = OAuthGrant.objects.filter(connection=connection).first()
    if tokens is None or grant is None:
        raise ConnectorError(Reason.LOGIN_REFUSED, permanent=True, detail="no registered app is stored; enter it again")
    owner = _owner(connection, grant, user=user, address=address)
    return GraphConfig(
        user=owner,
        person=grant.account if grant.flow != Flow.APP else None,
        hosts=CLOUDS[grant.cloud],
        tokens=tokens,
        guard=host_guard(),
        timeouts=timeouts(),
        proxy=proxy_config(connection.proxy),
        ca_file=settings.MAIL_CA_FILE,
        folder=folder,
        on_call=CallCounter(budget_of(connection, user=owner)),
    )


def _owner(connection: Connection, grant: OAuthGrant, *, user: str, address: str) -> str:
    return user or (connection.username if grant.flow != Flow.APP else address)
