"""An app registered at Microsoft that reads and sends by its own right, and the mailboxes of its tenant.

Its secret belongs to one cloud, tenant and client id: with another of these it is cleared unless it is entered again,
so that it is never shown to a tenant it was not made in. Inside the caller's transaction.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F

from helpdesk.accounts.services.audit import CHANGED
from helpdesk.lib import clock
from helpdesk.tenancy import secrets
from helpdesk.tenancy.state import required_organization_id
from mailboxes.connectors.known_hosts import is_microsoft
from mailboxes.connectors.oauth.clouds import CLOUDS
from mailboxes.models import (
    Cloud,
    Connection,
    ConnectionKind,
    Flow,
    GrantState,
    Mailbox,
    OAuthGrant,
    OutgoingKind,
    OutgoingServer,
    Provider,
    SecurityChoice,
)
from mailboxes.services.sending.pauses import resume_server
from mailboxes.services.setup.mailbox_inputs import RegistrationInput, ServerInput

GRAPH_PORT = 443


def place_of_app(app: RegistrationInput) -> ServerInput:
    """The connection of the app as a server and an account on it: the cloud's host, and the tenant."""
    return ServerInput(
        host=CLOUDS[app.cloud].graph,
        port=GRAPH_PORT,
        security=SecurityChoice.TLS,
        username=app.tenant.strip().lower(),
        kind=ConnectionKind.GRAPH,
    )


def scope_of_app(place: Connection | ServerInput, *, cloud: str) -> str:
    """What the app asks for: all it was given at the services it reads through.

    A token is for one of them alone, and for a server of one's own by that server's name: no other takes it.
    """
    hosts = CLOUDS[cloud]
    if place.kind == ConnectionKind.GRAPH:
        return hosts.graph_scope
    host = place.host.strip().lower()
    is_online = is_microsoft(host) or hosts.exchange in (host, f"{host}:{place.port}")
    return hosts.exchange_scope if is_online else f"https://{host}/.default"


def grant_of(connection: Connection) -> OAuthGrant | None:
    """The app's own right that the connection has, if it has one."""
    return OAuthGrant.objects.filter(connection=connection, flow=Flow.APP).first()


def secret_belongs_to(grant: OAuthGrant, app: RegistrationInput) -> bool:
    """True if the stored secret was entered for this very app."""
    stored = (grant.cloud, grant.tenant, grant.client_id.lower())
    return stored == (app.cloud, app.tenant.strip().lower(), app.client_id.strip().lower())


def is_secret_asked(app: RegistrationInput, *, mailbox: Mailbox | None) -> bool:
    """True if nothing can be read as `app` says unless the secret is entered with it."""
    grant = grant_of(mailbox.connection) if mailbox is not None else None
    if app.client_secret:
        return False
    return grant is None or not grant.client_secret_sealed or not secret_belongs_to(grant, app)


def store_app(connection: Connection, app: RegistrationInput) -> dict[str, tuple[Any, Any]]:
    """The connection acts by this app's right from now on; gives what to tell the audit trail.

    Tokens that were got in another way are forgotten, and a grant that was dead has another try.
    """
    grant = grant_of(connection) or OAuthGrant(
        organization_id=required_organization_id(),
        connection=connection,
        provider=Provider.MICROSOFT,
        flow=Flow.APP,
        cloud=app.cloud,
    )
    before = _told(grant)
    is_changed = bool(app.client_secret) or not secret_belongs_to(grant, app)
    grant.cloud, grant.tenant, grant.client_id = Cloud(app.cloud), app.tenant.strip().lower(), app.client_id.strip()
    grant.client_secret_ends_on = app.secret_ends_on
    grant.scopes = [scope_of_app(connection, cloud=app.cloud)]
    if is_changed:
        grant.client_secret_sealed = secrets.seal_for(grant, "client_secret_sealed", app.client_secret)
        grant.client_secret_set_at = clock.now() if app.client_secret else None
    grant.save()
    if is_changed:
        _forget_tokens(grant)
    changes = {name: (before[name], value) for name, value in _told(grant).items() if before[name] != value}
    return changes | ({"client_secret": (CHANGED, CHANGED)} if is_changed else {})


def sending_through(connection: Connection, *, user: str, current: OutgoingServer | None) -> OutgoingServer:
    """Mail leaves from this user's mailbox by the app's right; a pause after a refusal ends."""
    kind = OutgoingKind(connection.kind)
    server = current if current is not None and current.kind == kind else None
    server = server or OutgoingServer(organization_id=required_organization_id(), kind=kind)
    server.host, server.port, server.security = connection.host, connection.port, SecurityChoice.TLS
    server.login_of, server.username = connection, user
    server.save()
    resume_server(server)
    return server


def forget_app(connection: Connection) -> None:
    """The secret and the tokens of the app are gone."""
    OAuthGrant.objects.filter(connection=connection).update(
        client_secret_sealed="", client_secret_set_at=None, tokens_sealed="", tokens_version=F("tokens_version") + 1
    )


def _forget_tokens(grant: OAuthGrant) -> None:
    OAuthGrant.objects.filter(pk=grant.pk).update(
        state=GrantState.UNUSED,
        state_reason="",
        state_detail="",
        tokens_sealed="",
        tokens_version=F("tokens_version") + 1,
        refresh_lease_until=None,
    )
    grant.refresh_from_db()


def _told(grant: OAuthGrant) -> dict[str, object]:
    ends_on = grant.client_secret_ends_on
    return {
        "client_id": grant.client_id,
        "cloud": str(grant.cloud),
        "secret_ends_on": ends_on.isoformat() if ends_on else "",
    }
