"""Tokens of integrations: giving them out, ending them, and whom one speaks for.

A token is 256 random bits, shown once. What is kept is its SHA-256: a slow hash, as for passwords, makes guessing dear
where there is little to guess; nobody goes through 2^256 of anything, and the hash is asked for at every call.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.lib.text import clean_line
from helpdesk.tenancy import tokens
from helpdesk.tenancy.models import TokenPurpose
from helpdesk.tenancy.scope import organization_scope
from ticketing.models import Integration, IntegrationToken, TokenScope

MARK = "postroom_"  # what finds a token that strayed into a repository or a log
SHOWN_CHARS = 6
MAX_TOKENS = 50  # of one integration that are good
USED_WITHIN_S = 60
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class TokenWish:
    """A token as it is asked for."""

    scope: TokenScope
    name: str = ""  # what it is for
    expires_at: datetime | None = None  # None: never


@dataclass(frozen=True)
class Issued:
    """A new token, and what is kept of it."""

    token: IntegrationToken
    secret: str = field(repr=False)  # stored nowhere


class TokenRefused(DomainError):
    """Nobody is known by this token, or nobody any more."""

    code = "token"


@transaction.atomic
def issue_token(integration: Integration, wish: TokenWish, *, actor: Membership) -> Issued:
    """The token is good from now on. Inside the scope. Raises DomainError: expired, too_many, deleted."""
    integration = Integration.objects.select_for_update().get(pk=integration.pk)
    _refuse(integration, wish)
    secret = MARK + secrets.token_urlsafe(tokens.TOKEN_BYTES)
    token: IntegrationToken = IntegrationToken.objects.create(
        integration=integration,
        name=" ".join(clean_line(wish.name).split())[:80],
        prefix=secret[: len(MARK) + SHOWN_CHARS],
        scope=wish.scope,
        created_by=actor,
        created_at=clock.now(),
        expires_at=wish.expires_at,
    )
    tokens.enter(TokenPurpose.API, token=secret, row_id=token.pk, expires_at=wish.expires_at or NEVER)
    said = {"token": (None, str(token)), "scope": (None, wish.scope.value), "expires_at": (None, wish.expires_at)}
    audit.record("integration.token_issued", target=integration, actor=actor, changes=said)
    return Issued(token, secret)


@transaction.atomic
def revoke_token(token: IntegrationToken, *, actor: Membership) -> None:
    """The token is good no more, from the next call on. Inside the scope."""
    tokens.forget(TokenPurpose.API, row_id=token.pk)
    if IntegrationToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.now()):
        said = {"token": (str(token), None)}
        audit.record("integration.token_revoked", target=token.integration, actor=actor, changes=said)


def speaker(secret: str) -> IntegrationToken:
    """The token with its integration, noted as used. Outside any scope; in a transaction of its own.

    Raises TokenRefused: token, expired, paused.
    """
    entry = tokens.look_up(TokenPurpose.API, token=secret) if secret.startswith(MARK) else None
    if entry is None:
        raise TokenRefused(_("This token is not known. It may be mistyped or revoked: make another one."))
    with organization_scope(entry.organization_id):
        rows = IntegrationToken.objects.filter(pk=entry.row_id)
        token: IntegrationToken | None = rows.select_related("integration").first()
        if token is None or token.state == "revoked" or token.integration.deleted_at is not None:
            raise TokenRefused(_("This token is revoked. Make another one."))
        if token.state == "expired":
            raise TokenRefused(_("This token has expired. Make another one."), code="expired")
        if not token.integration.is_active:
            sentence = _("The integration “%s” is paused. An admin can resume it under Settings, Integrations.")
            raise TokenRefused(sentence % token.integration.name, code="paused")
        _note_use(token)
    return token


def _note_use(token: IntegrationToken) -> None:
    """Once a minute, so that calls side by side do not wait for each other."""
    moment = clock.now()
    lately = moment - timedelta(seconds=USED_WITHIN_S)
    if token.last_used_at is not None and lately < token.last_used_at <= moment:
        return
    unsaid = Q(last_used_at=None) | Q(last_used_at__lte=lately) | Q(last_used_at__gt=moment)
    IntegrationToken.objects.filter(unsaid, pk=token.pk).update(last_used_at=moment)
    Integration.objects.filter(unsaid, pk=token.integration_id).update(last_used_at=moment)
    token.last_used_at = moment


def _refuse(integration: Integration, wish: TokenWish) -> None:
    if integration.deleted_at is not None:
        raise DomainError(_("This integration is deleted."), code="deleted")
    if wish.expires_at is not None and wish.expires_at <= clock.now():
        raise DomainError(_("This moment is past. Choose a later one, or none."), code="expired")
    if IntegrationToken.objects.filter(integration=integration, revoked_at=None).count() >= MAX_TOKENS:
        raise DomainError(_("It has %d tokens. Revoke one that nobody needs first.") % MAX_TOKENS, code="too_many")
