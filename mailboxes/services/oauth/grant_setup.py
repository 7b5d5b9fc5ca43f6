"""Making and changing mailboxes that somebody signs in for. A secret or token belongs to one app, account and provider.

With another of these it is forgotten, so that it is never sent to where it was not entered for. Needs the scope.
"""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.accounts.services.audit import CHANGED
from helpdesk.lib import clock
from helpdesk.tenancy import secrets
from mailboxes.connectors.known_hosts import PERSONAL_MICROSOFT_SMTP
from mailboxes.connectors.oauth.clouds import CLOUDS
from mailboxes.models import (
    Connection,
    ConnectionKind,
    Flow,
    Mailbox,
    OAuthGrant,
    OutgoingServer,
    Provider,
    Proxy,
)
from mailboxes.services.liveness.certificates import forget_certificate
from mailboxes.services.oauth.grant_inputs import AppInput, Place, is_personal_account, scopes_of, servers_of
from mailboxes.services.oauth.grants import end_of_sign_in, forget_tokens
from mailboxes.services.setup import servers
from mailboxes.services.setup.mailbox_inputs import MailboxInput, OutgoingInput, ServerInput
from mailboxes.services.setup.mailboxes import create_mailbox
from mailboxes.services.setup.repointing import begin_anew

_APP_FIELDS = (
    "client_id",
    "client_secret_ends_on",
    "is_in_testing",
    "cloud",
    "tenant",
    "authorize_url",
    "token_url",
    "client_auth",
    "extra_parameters",
    "refresh_lifetime_days",
)
MICROSOFT_SENDING = frozenset({PERSONAL_MICROSOFT_SMTP, *(hosts.smtp for hosts in CLOUDS.values())})
_BINDING = ("client_id", "cloud", "tenant", "authorize_url", "token_url")  # another of these: another app


@transaction.atomic
def create_signed_in_mailbox(
    *,
    name: str,
    address: str,
    account: str,
    provider: Provider,
    kind: ConnectionKind,
    app: AppInput,
    places: tuple[Place, Place] | None = None,
    proxy: Proxy | None = None,
    actor: Membership | None = None,
) -> Mailbox:
    """The mailbox is there as a draft, and its grant waits for somebody to sign in.

    account: who signs in; where that is another than the address, the address is a shared mailbox that is read.
    places: where mail is read and sent, for providers that are not known. proxy: the way to them, and to the provider.
    Raises DomainError as `create_mailbox`.
    """
    incoming, outgoing = places or servers_of(
        provider, kind=kind, cloud=app.cloud, is_personal=is_personal_account(app, account=account)
    )
    sends_itself = kind in (ConnectionKind.GRAPH, ConnectionKind.EWS)
    mailbox = create_mailbox(
        MailboxInput(
            name=name,
            address=address,
            incoming=ServerInput(incoming.host, incoming.port, incoming.security, account, kind=kind),
            outgoing=None if sends_itself else OutgoingInput(outgoing.host, outgoing.port, outgoing.security),
            sends_itself=sends_itself,
            proxy=proxy,
            is_draft=True,
        ),
        actor=actor,
    )
    Mailbox.objects.filter(id=mailbox.id).update(remote_user=_remote_user(mailbox, account))
    grant = OAuthGrant(
        organization_id=mailbox.organization_id, connection=mailbox.connection, provider=provider, flow=Flow.USER
    )
    _take_app(grant, with_scopes(app, provider=provider, connection=mailbox.connection))
    grant.save()
    return mailbox


@transaction.atomic
def change_grant(
    mailbox: Mailbox, *, account: str, app: AppInput, proxy: Proxy | None = None, actor: Membership | None = None
) -> OAuthGrant:
    """App and account of the mailbox's connection, and the way to the provider, are as entered; settings stay.

    Whose mail is read stays the same, whoever signs in for it, so no mail is read anew, unless the cloud is another.
    """
    connection = mailbox.connection
    grant: OAuthGrant = OAuthGrant.objects.get(connection=connection)
    before = _described(grant, connection)
    connection.username = account
    connection.save(update_fields=["username"])
    for other in Mailbox.objects.filter(connection=connection, deleted_at=None).select_related("outgoing"):
        Mailbox.objects.filter(id=other.id).update(remote_user=_remote_user(other, account))
        servers.go_through(proxy, connection=connection, outgoing=other.outgoing)
    if grant.provider != Provider.OTHER:
        _follow(app, connection, provider=Provider(grant.provider), is_other_cloud=app.cloud != grant.cloud)
    _take_app(grant, with_scopes(app, provider=Provider(grant.provider), connection=connection))
    after = _described(grant, connection)
    if {name: after[name] for name in ("account", *_BINDING)} != {
        name: before[name] for name in ("account", *_BINDING)
    }:
        forget_tokens(grant)
    grant.save()
    changes = audit.differences(before, after=after)
    if app.client_secret:
        changes["client_secret"] = (CHANGED, CHANGED)
    audit.record("mailbox.changed", target=mailbox, actor=actor, changes=changes)
    return grant


def with_scopes(app: AppInput, *, provider: Provider, connection: Connection) -> AppInput:
    """The app with what a known provider is asked for: access to shared mailboxes where one is read."""
    if provider == Provider.OTHER:
        return app
    is_shared = Mailbox.objects.filter(connection=connection, deleted_at=None).exclude(remote_user="").exists()
    scopes = scopes_of(provider, kind=ConnectionKind(connection.kind), cloud=app.cloud, is_shared=is_shared)
    return replace(app, scopes=scopes)


def _follow(app: AppInput, connection: Connection, *, provider: Provider, is_other_cloud: bool) -> None:
    """Mail is read and sent where this app's accounts have theirs; the mailboxes of another cloud are others."""
    kind = ConnectionKind(connection.kind)
    incoming, outgoing = servers_of(
        provider, kind=kind, cloud=app.cloud, is_personal=is_personal_account(app, account=connection.username)
    )
    own = OutgoingServer.objects.filter(login_of=connection, name="")
    if not is_other_cloud:
        own.filter(host__in=MICROSOFT_SENDING).update(host=outgoing.host, port=outgoing.port)
        return
    connection.host, connection.port = incoming.host, incoming.port
    connection.save(update_fields=["host", "port"])
    own.update(host=outgoing.host, port=outgoing.port)
    begin_anew(Mailbox.objects.filter(connection=connection))


def _take_app(grant: OAuthGrant, app: AppInput) -> None:
    is_other = any(getattr(grant, name) != getattr(app, name) for name in _BINDING)
    if grant.token_url != app.token_url:
        forget_certificate(grant)
    for name in _APP_FIELDS:
        value = getattr(app, name)
        setattr(grant, name, dict(value) if name == "extra_parameters" else value)
    grant.scopes = list(app.scopes)
    if app.is_in_testing and grant.sign_in_ends_at is None:  # no longer: tokens from before end all the same
        grant.sign_in_ends_at = end_of_sign_in(grant)
    if app.client_secret or is_other:
        grant.client_secret_sealed = secrets.seal_for(grant, "client_secret_sealed", app.client_secret)
        grant.client_secret_set_at = clock.now() if app.client_secret else None


def _remote_user(mailbox: Mailbox, account: str) -> str:
    return "" if account.strip().lower() == mailbox.address else mailbox.address


def _described(grant: OAuthGrant, connection: Connection) -> dict[str, object]:
    """What the audit trail compares; no secrets."""
    own = {name: getattr(grant, name) for name in _APP_FIELDS}
    proxy = str(connection.proxy) if connection.proxy else None
    return {**own, "scopes": list(grant.scopes), "account": connection.username, "proxy": proxy}
