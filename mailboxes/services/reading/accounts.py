"""As whom a provider counts us: the account that a session signs in to, and the app or host that stands behind it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from mailboxes.models import Connection, ConnectionKind, Flow, Mailbox, OAuthGrant


@dataclass(frozen=True)
class Account:
    """Whose connection it is: one account on one server, for one organization."""

    organization_id: int
    kind: str
    host: str  # lower-cased
    username: str

    @property
    def name(self) -> str:
        """A name for it that holds nothing of it."""
        return hidden(self.organization_id, self.kind, self.host, self.username)


@dataclass(frozen=True)
class Caller:
    """Who asks a provider, as the provider counts: an organization's connections to a host, or its app's calls."""

    organization_id: int
    provider: str  # the host, lower-cased; of Microsoft Graph the cloud
    app: str = ""  # tenant and client id of an app registration
    login: str = ""  # Exchange Web Services: the account that opens the mailboxes, where it is no app

    @property
    def place_name(self) -> str:
        """Where what goes on side by side is counted: by host, or by app where there is one."""
        return f"visits:{hidden(self.organization_id, self.provider, self.app)}"

    @property
    def is_counted_by_calls(self) -> bool:
        """True if the provider counts calls, and may want none of this app or account for a while."""
        return bool(self.app or self.login)

    @property
    def wait_name(self) -> str:
        """Where it stands that the provider wants nothing from it for a while."""
        return f"waits:{hidden(self.organization_id, self.provider, self.app, self.login)}"


def account_of(mailbox: Mailbox) -> Account:
    """The account that a session on the mailbox signs in to."""
    connection = mailbox.connection
    username = mailbox.remote_user or connection.username or mailbox.address
    return Account(mailbox.organization_id, connection.kind, connection.host.lower(), username)


def caller_of(connection: Connection) -> Caller:
    """Who asks when a mailbox of the connection is read or sent from. Needs `grant`, selected with it, or the scope."""
    organization_id, host = connection.organization_id, connection.host.lower()
    if connection.kind not in (ConnectionKind.GRAPH, ConnectionKind.EWS):
        return Caller(organization_id, host)
    grant: OAuthGrant | None = getattr(connection, "grant", None)
    app = f"{grant.tenant} {grant.client_id}" if grant is not None else ""
    if connection.kind == ConnectionKind.GRAPH:
        return Caller(organization_id, f"graph {grant.cloud if grant is not None else ''}", app=app)
    acts_for_all = grant is not None and grant.flow == Flow.APP
    return Caller(organization_id, host, app=app, login="" if acts_for_all else connection.username.lower())


def hidden(*parts: object) -> str:
    """A name for all of this that tells none of it."""
    spelled = repr([str(part) for part in parts])
    return hashlib.sha256(spelled.encode()).hexdigest()[:32]
