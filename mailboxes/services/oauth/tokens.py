"""The tokens of a grant: kept sealed, renewed before they end, by one worker at a time.

    good for long ─▶ given                                          one UPDATE each, with the version that was read:
    ends soon or was refused ─▶ lease ─▶ provider (no transaction) ─▶ stored, version + 1
                                  │                               └▶ refused for good: DEAD, admins told
                                  └─ held by another: wait for its token

Killed between the provider's answer and our commit, the lease runs out and the old refresh token is used once more:
Microsoft leaves it good, Google never replaces it. Where a provider takes each refresh token once, somebody has to
sign in again. Called in a scope of its own, outside of any transaction.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q

from helpdesk.lib import clock, faults
from helpdesk.lib.crypto import CannotOpen
from helpdesk.tenancy import secrets
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.config import OAuthConfig, TokenSource
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.oauth.refusals import TokenRefused
from mailboxes.connectors.oauth.registry import provider_for
from mailboxes.connectors.oauth.token_set import TokenSet
from mailboxes.models import Connection, Flow, GrantState, OAuthGrant
from mailboxes.services.liveness.certificates import keep_observed
from mailboxes.services.liveness.telling import GRANT_FAILED, GRANT_RECOVERED, tell_admins
from mailboxes.services.oauth.grants import oauth_config
from mailboxes.services.sending.pauses import resume_after_tokens

logger = logging.getLogger(__name__)

EARLY_S = 300.0  # a token is renewed this long before its end
LEAST_S = 60.0  # a token that is good for less is given to nobody
FRESH_S = 300.0  # a token so young that is refused was not refused for its age
LEASE_S = 120.0  # beyond what a provider may take to answer
WAIT_S = 45.0  # for another worker's token
_PAUSE_S = 0.25
_CLOCK_SLACK_S = 5.0


def tokens_of(server: Connection) -> TokenSource | None:
    """Where the connection's bearer tokens come from; None if it has no grant. Needs the scope; asks nobody yet."""
    grant = OAuthGrant.objects.filter(connection=server).values_list("id", flat=True).first()
    return GrantTokens(organization_id=server.organization_id, grant_id=grant) if grant is not None else None


def stored_token(server: Connection) -> str:
    """The stored access token of the connection, if it is good for a minute; else "". Needs the scope; asks nobody."""
    grant = OAuthGrant.objects.filter(connection=server).first()
    kept = _opened(grant) if grant is not None else None
    return kept.access_token if kept is not None and kept.expires_at > clock.in_seconds(LEAST_S) else ""


@dataclass(frozen=True)
class GrantTokens:
    """The TokenSource of one grant."""

    organization_id: int
    grant_id: UUID

    def token(self, *, refused: str = "") -> str:
        """An access token that is good for a minute at least. A refused one is given again while it is minutes old.

        Raises ConnectorError: nobody signed in, the grant is dead, the provider refuses, or it is unwell. A thread that
        held no database connection before holds none afterwards.
        """
        had_connection = connection.connection is not None
        try:
            return self._token(refused=refused)
        finally:
            if not had_connection:
                connection.close()

    def _token(self, *, refused: str) -> str:
        gives_up_at = clock.monotonic() + WAIT_S
        while True:
            kept = self._kept()
            if kept.is_usable(refused=refused, for_s=EARLY_S):
                return kept.access_token
            lease = self._lease(kept)
            if lease is not None:
                renewed = self._renewed(kept, lease=lease, refused=refused)
                if renewed is not None:
                    return renewed
            elif kept.is_usable(refused=refused, for_s=LEAST_S):
                return kept.access_token
            if clock.monotonic() > gives_up_at:
                raise ConnectorError(Reason.TIMEOUT, permanent=False, detail="another worker is getting a token")
            clock.pause(_PAUSE_S)

    def _kept(self) -> _Kept:
        with organization_scope(self.organization_id):
            grant = OAuthGrant.objects.filter(id=self.grant_id).first()
            if grant is None:
                raise ConnectorError(Reason.SIGN_IN_NEEDED, permanent=True, detail="the connection is gone")
            if grant.state == GrantState.DEAD:
                raise ConnectorError(Reason(grant.state_reason), permanent=True, detail=grant.state_detail)
            return _Kept(grant, tokens=_opened(grant))

    def _lease(self, kept: _Kept) -> datetime | None:
        """The end of the lease that is now ours; None if somebody else has it, or has stored a token since."""
        moment = clock.now()
        until = moment + timedelta(seconds=LEASE_S)
        # A lease that ends later than any could was written before the clock was turned back.
        void = Q(refresh_lease_until__lte=moment) | Q(refresh_lease_until__gt=until + timedelta(seconds=_CLOCK_SLACK_S))
        with organization_scope(self.organization_id), transaction.atomic():
            free = OAuthGrant.objects.filter(id=self.grant_id, tokens_version=kept.version)
            free = free.exclude(state=GrantState.DEAD).filter(Q(refresh_lease_until=None) | void)
            return until if free.update(refresh_lease_until=until) else None

    def _renewed(self, kept: _Kept, *, lease: datetime, refused: str) -> str | None:
        """The new token, stored; None if another one was stored meanwhile."""
        faults.point("tokens.asking")
        with organization_scope(self.organization_id):
            grant = OAuthGrant.objects.get(id=self.grant_id)
        try:
            tokens = _asked(kept, self._config(grant))
        except TokenRefused as error:
            if not self._note_refusal(kept, error):
                return None
            raise
        except ConnectorError as error:
            self._release(lease)
            if not error.permanent and kept.is_usable(refused=refused, for_s=LEAST_S):
                logger.warning("tokens.renewal_put_off", extra={"grant_id": str(self.grant_id), "reason": error.reason})
                return kept.access_token
            raise
        faults.point("tokens.answered")
        is_ours = store(kept.grant, tokens, version=kept.version)
        self._keep_certificate(grant)
        return tokens.access_token if is_ours else None

    def _config(self, grant: OAuthGrant) -> OAuthConfig:
        with organization_scope(self.organization_id):
            return oauth_config(grant)

    def _keep_certificate(self, grant: OAuthGrant) -> None:
        if grant.observed_certificate_end is not None:
            with organization_scope(self.organization_id), transaction.atomic():
                keep_observed(grant)

    def _release(self, lease: datetime) -> None:
        with organization_scope(self.organization_id), transaction.atomic():
            ours = OAuthGrant.objects.filter(id=self.grant_id, refresh_lease_until=lease)
            ours.update(refresh_lease_until=None)

    def _note_refusal(self, kept: _Kept, error: TokenRefused) -> bool:
        """The refusal stands on the grant, and admins hear of the first one; False if a newer token is stored."""
        is_dead = error.ends_grant and kept.grant.flow != Flow.APP
        changes = {"state": GrantState.DEAD} if is_dead else {}
        with organization_scope(self.organization_id), transaction.atomic():
            same = OAuthGrant.objects.filter(id=self.grant_id, tokens_version=kept.version)
            first = same.filter(outage_notified_at=None).update(outage_notified_at=clock.now())
            written = same.update(
                refresh_lease_until=None, state_reason=error.reason, state_detail=error.detail, **changes
            )
            if first and grant_is_in_use(kept.grant):
                told = {"reason": ("", error.reason.value), "detail": ("", error.detail)}
                tell_admins(GRANT_FAILED, target=kept.grant.connection, changes=told, label=grant_label(kept.grant))
        logger.warning("tokens.refused", extra={"grant_id": str(self.grant_id), "reason": error.reason})
        return bool(written)


def store(grant: OAuthGrant, tokens: TokenSet, *, version: int) -> bool:
    """The tokens are the grant's, and it is alive; False if others were stored since `version`, which stay.

    An answer without a refresh token leaves the one that is stored. Opens its own transaction.
    """
    with organization_scope(grant.organization_id), transaction.atomic():
        before = _opened(grant)
        if not tokens.refresh_token and before is not None:
            tokens = tokens.with_refresh_token(before.refresh_token)
        same = OAuthGrant.objects.filter(id=grant.id, tokens_version=version)
        was_told = same.exclude(outage_notified_at=None).exists()
        told = {"granted_scopes": list(tokens.scopes)} if tokens.scopes is not None else {}
        stored = same.update(
            tokens_sealed=secrets.seal_for(grant, "tokens_sealed", tokens.to_json()),
            tokens_version=F("tokens_version") + 1,
            refreshed_at=clock.now(),
            refresh_lease_until=None,
            state=GrantState.ALIVE,
            state_reason="",
            state_detail="",
            outage_notified_at=None,
            **told,
        )
        if stored and was_told:
            resume_after_tokens(grant.connection)
        if stored and was_told and grant_is_in_use(grant):
            tell_admins(GRANT_RECOVERED, target=grant.connection, changes={}, label=grant_label(grant))
    return bool(stored)


def grant_is_in_use(grant: OAuthGrant) -> bool:
    """True if a mailbox rests on it that is not being set up."""
    return bool(grant.connection.mailboxes.filter(deleted_at=None, is_draft=False).exists())


def grant_label(grant: OAuthGrant) -> str:
    """What people call the grant: who signed in, else the mailboxes it serves."""
    if grant.account:
        return grant.account
    addresses = grant.connection.mailboxes.filter(deleted_at=None).order_by("id").values_list("address", flat=True)
    return ", ".join(addresses[:3]) or str(grant.connection.host or grant.get_provider_display())


@dataclass(frozen=True)
class _Kept:
    """A grant as it was read, and its tokens, if it has any."""

    grant: OAuthGrant
    tokens: TokenSet | None

    @property
    def version(self) -> int:
        return self.grant.tokens_version

    @property
    def access_token(self) -> str:
        return self.tokens.access_token if self.tokens is not None else ""

    def is_usable(self, *, refused: str, for_s: float) -> bool:
        """True if the token is good for so long, and is not the refused one unless that is as fresh as can be."""
        if self.tokens is None or self.tokens.expires_at < clock.in_seconds(for_s):
            return False
        refreshed_at = self.grant.refreshed_at
        is_fresh = refreshed_at is not None and clock.in_seconds(-FRESH_S) < refreshed_at <= clock.in_seconds(1)
        return self.tokens.access_token != refused or is_fresh


def _opened(grant: OAuthGrant) -> TokenSet | None:
    """The stored tokens; None where there are none, or they do not open with the keys there are."""
    try:
        text = secrets.open_for(grant, "tokens_sealed")
        return TokenSet.from_json(text) if text else None
    except (CannotOpen, ValueError, KeyError):
        logger.exception("tokens.unreadable", extra={"grant_id": str(grant.id)})
        return None


def _asked(kept: _Kept, config: OAuthConfig) -> TokenSet:
    """What the provider answers: to the app itself, or for the refresh token."""
    provider = provider_for(config)
    if kept.grant.flow == Flow.APP:
        return provider.app_token()
    if kept.tokens is None or not kept.tokens.refresh_token:
        raise ConnectorError(Reason.SIGN_IN_NEEDED, permanent=True, detail="nobody has signed in")
    return provider.refresh(kept.tokens.refresh_token)
