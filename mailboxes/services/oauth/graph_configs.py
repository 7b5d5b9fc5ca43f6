"""What the connectors to Microsoft Graph are told: whose mailbox, in which cloud, by whose tokens."""

from __future__ import annotations

from django.conf import settings

from mailboxes.connectors.config import GraphConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.oauth.clouds import CLOUDS
from mailboxes.models import Connection, Flow, Mailbox, OAuthGrant
from mailboxes.services.oauth.tokens import tokens_of
from mailboxes.services.setup.network_limits import host_guard, timeouts
from mailboxes.services.setup.proxies import proxy_config


def mailbox_config(mailbox: Mailbox) -> GraphConfig:
    """The mailbox's folder behind Microsoft Graph. Raises as `graph_config`."""
    return graph_config(mailbox.connection, user=mailbox.remote_user, address=mailbox.address, folder=mailbox.folder)


def graph_config(connection: Connection, *, user: str, address: str = "", folder: str = "INBOX") -> GraphConfig:
    """A mailbox behind Microsoft Graph. Needs the scope; asks nobody yet.

    user: whose it is. Without one, an app opens that of the address, and whoever signs in opens their own.
    Raises ConnectorError (permanent) for a connection that has lost its grant.
    """
    tokens = tokens_of(connection)
    grant = OAuthGrant.objects.filter(connection=connection).first()
    if tokens is None or grant is None:
        raise ConnectorError(Reason.LOGIN_REFUSED, permanent=True, detail="no registered app is stored; enter it again")
    signs_in = grant.flow != Flow.APP
    return GraphConfig(
        user=user or (connection.username if signs_in else address),
        person=grant.account if signs_in else None,
        hosts=CLOUDS[grant.cloud],
        tokens=tokens,
        guard=host_guard(),
        timeouts=timeouts(),
        proxy=proxy_config(connection.proxy),
        ca_file=settings.MAIL_CA_FILE,
        folder=folder,
    )
