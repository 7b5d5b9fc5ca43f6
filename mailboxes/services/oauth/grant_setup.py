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
from mailboxes.models import Connection, ConnectionKind, Flow, Mailbox, OAuthGrant, Provider
from mailboxes.services.oauth.grant_inputs import AppInput, Place, scopes_of, servers_of
from mailboxes.services.oauth.grants import forget_tokens
from mailboxes.services.setup.mailbox_inputs import MailboxInput, OutgoingInput, ServerInput
from mailboxes.services.setup.mailboxes import create_mailbox

_APP_FIELDS = (
    "client_id",
    "client_secret_ends_on",
    "cloud",
    "tenant",
    "authorize_url",
    "token_url",
    "client_auth",
    "extra_parameters",
    "refresh_lifetime_days",
)
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
    actor: Membership | None = None,
) -> Mailbox:
    """The mailbox is there, not polled, and its grant waits for somebody to sign in.

    account: who signs in; where that is another than the address, the address is a shared mailbox that is read.
    places: where mail is read and sent, for providers that are not known. Raises DomainError as `create_mailbox`.
    """
    incoming, outgoing = places or servers_of(provider, kind=kind, cloud=app.cloud)
    sends_itself = kind == ConnectionKind.EWS
    mailbox = create_mailbox(
        MailboxInput(
            name=name,
            address=address,
            incoming=ServerInput(incoming.host, incoming.port, incoming.security, account, kind=kind),
            outgoing=None if sends_itself else OutgoingInput(outgoing.host, outgoing.port, outgoing.security),
            sends_itself=sends_itself,
            is_enabled=False,
        ),
        actor=actor,
    )
    Mailbox.objects.filter(id=mailbox.id).update(remote_user=_remote_user(mailbox, account))
    grant = OAuthGrant(
        organization_id=mailbox.organization_id, connection=mailbox.connection, provider=provider, flow=Flow.USER
    )
    _take_app(grant, with_scopes(app, provider=provider, kind=kind))
    grant.save()
    return mailbox


@transaction.atomic
def change_grant(mailbox: Mailbox, *, account: str, app: AppInput, actor: Membership | None = None) -> OAuthGrant:
    """App and account of the mailbox's connection are as entered; cursor and settings stay.

    Whose mail is read stays the same, whoever signs in for it, so no mail is read anew.
    """
    connection = mailbox.connection
    grant: OAuthGrant = OAuthGrant.objects.get(connection=connection)
    before = _described(grant, connection)
    app = with_scopes(app, provider=Provider(grant.provider), kind=ConnectionKind(connection.kind))
    _take_app(grant, app)
    connection.username = account
    connection.save(update_fields=["username"])
    for other in Mailbox.objects.filter(connection=connection, deleted_at=None):
        Mailbox.objects.filter(id=other.id).update(remote_user=_remote_user(other, account))
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


def with_scopes(app: AppInput, *, provider: Provider, kind: ConnectionKind) -> AppInput:
    """The app with what a known provider is asked for."""
    return app if provider == Provider.OTHER else replace(app, scopes=scopes_of(provider, kind=kind, cloud=app.cloud))


def _take_app(grant: OAuthGrant, app: AppInput) -> None:
    is_other = any(getattr(grant, name) != getattr(app, name) for name in _BINDING)
    for name in _APP_FIELDS:
        value = getattr(app, name)
        setattr(grant, name, dict(value) if name == "extra_parameters" else value)
    grant.scopes = list(app.scopes)
    if app.client_secret or is_other:
        grant.client_secret_sealed = secrets.seal_for(grant, "client_secret_sealed", app.client_secret)
        grant.client_secret_set_at = clock.now() if app.client_secret else None


def _remote_user(mailbox: Mailbox, account: str) -> str:
    return "" if account.strip().lower() == mailbox.address else mailbox.address


def _described(grant: OAuthGrant, connection: Connection) -> dict[str, object]:
    """What the audit trail compares; no secrets."""
    own = {name: getattr(grant, name) for name in _APP_FIELDS}
    return {**own, "scopes": list(grant.scopes), "account": connection.username}
