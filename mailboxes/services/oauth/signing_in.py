"""A person signs in at the provider and comes back: the tokens are stored, or it is said why not.

begin ─▶ (the person, at the provider) ─▶ finish: code for tokens (no transaction) ─▶ permissions and account compared
                                                          └▶ a trouble for the page         └▶ stored, polled, resumed
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.oauth.microsoft import MicrosoftProvider
from mailboxes.connectors.oauth.registry import provider_for
from mailboxes.connectors.oauth.signing_in import SignIn
from mailboxes.connectors.oauth.token_set import TokenSet, missing_scopes
from mailboxes.models import Connection, Flow, Mailbox, OAuthGrant, OutgoingServer, Provider
from mailboxes.services.liveness import real_time
from mailboxes.services.oauth.grants import end_of_sign_in, oauth_config
from mailboxes.services.oauth.tokens import store
from mailboxes.services.sending.pauses import resume_server
from mailboxes.services.setup.drafts import ask_for_test
from mailboxes.services.setup.mailboxes import ask_poll_now

logger = logging.getLogger(__name__)

_STORE_TRIES = 3


@dataclass(frozen=True)
class SignInTrouble:
    """Why a sign-in came to nothing. Nothing was stored, and what worked before still does."""

    reason: Reason
    detail: str = ""  # the provider's words
    missing: tuple[str, ...] = ()  # permissions that were not granted
    account: str = ""  # who signed in instead


def redirect_address() -> str:
    """The one address that providers send people back to; it has to be registered for each app exactly so."""
    return settings.BASE_URL + reverse("oauth_callback")


def begin(mailbox: Mailbox) -> SignIn:
    """A sign-in for the mailbox's grant; asks nobody. Needs the scope. Raises ConnectorError: no app, no address."""
    grant = OAuthGrant.objects.select_related("connection__proxy").get(connection=mailbox.connection)
    provider = provider_for(oauth_config(grant))
    return provider.begin(redirect_uri=redirect_address(), login_hint=mailbox.connection.username)


def admin_consent_address(mailbox: Mailbox) -> str:
    """Where an administrator at Microsoft allows the app for everybody; "" for other providers. Needs the scope."""
    grant = OAuthGrant.objects.select_related("connection__proxy").get(connection=mailbox.connection)
    if grant.provider != Provider.MICROSOFT:
        return ""
    grant.tenant = grant.tenant or mailbox.connection.username.rpartition("@")[2]
    try:
        return MicrosoftProvider(oauth_config(grant)).admin_consent_url(redirect_uri=redirect_address(), state="")
    except ConnectorError:
        return ""


def finish(
    mailbox_id: int, begun: SignIn, *, answer: dict[str, str], organization_id: int, actor: Membership
) -> SignInTrouble | None:
    """The tokens for what came back are stored, and the mailbox is read; a trouble if not. Outside of any scope."""
    with organization_scope(organization_id):
        grant = grant_of(mailbox_id)
        try:
            provider = provider_for(oauth_config(grant))
        except ConnectorError as error:
            return trouble_of(error)
    try:
        tokens = provider.complete(begun, answer)
    except ConnectorError as error:
        logger.info("sign_in.refused", extra={"grant_id": str(grant.id), "reason": error.reason})
        return trouble_of(error)
    return accept(mailbox_id, tokens, asked=begun.scopes, flow=Flow.USER, organization_id=organization_id, actor=actor)


def accept(
    mailbox_id: int,
    tokens: TokenSet,
    *,
    asked: tuple[str, ...],
    flow: Flow,
    organization_id: int,
    actor: Membership | None,
) -> SignInTrouble | None:
    """The tokens are the grant's if they allow what was asked, for the account that is meant; a trouble if not."""
    with organization_scope(organization_id):
        grant = grant_of(mailbox_id)
    trouble = _misfit(grant.connection, tokens, asked=asked)
    if trouble is not None:
        return trouble
    if not _stored(mailbox_id, tokens, flow=flow, organization_id=organization_id):
        return SignInTrouble(Reason.INTERNAL)
    with organization_scope(organization_id), transaction.atomic():
        _take_up(mailbox_id, actor=actor)
    return None


def grant_of(mailbox_id: int) -> OAuthGrant:
    """The grant behind a mailbox, with its connection. Needs the scope."""
    grants = OAuthGrant.objects.select_related("connection__proxy")
    grant: OAuthGrant = grants.get(connection__mailboxes__id=mailbox_id)
    return grant


def trouble_of(error: ConnectorError) -> SignInTrouble:
    """The trouble that a connector's error stands for."""
    return SignInTrouble(error.reason, detail=error.detail)


def _misfit(connection: Connection, tokens: TokenSet, *, asked: tuple[str, ...]) -> SignInTrouble | None:
    missing = missing_scopes(asked, tokens.scopes)
    if not tokens.refresh_token:
        missing += ("offline_access",)
    if missing:
        return SignInTrouble(Reason.SCOPE_NOT_GRANTED, missing=missing)
    if tokens.account and tokens.account.lower() != connection.username.lower():
        return SignInTrouble(Reason.OTHER_ACCOUNT, account=tokens.account)
    return None


def _stored(mailbox_id: int, tokens: TokenSet, *, flow: Flow, organization_id: int) -> bool:
    """A person's sign-in wins over a renewal under way, whose answer then comes too late."""
    for _try in range(_STORE_TRIES):
        with organization_scope(organization_id), transaction.atomic():
            grant = grant_of(mailbox_id)
            grant.signed_in_at = clock.now()
            OAuthGrant.objects.filter(id=grant.id).update(
                flow=flow,
                account=tokens.account,
                signed_in_at=grant.signed_in_at,
                sign_in_ends_at=end_of_sign_in(grant),
            )
        if store(grant, tokens, version=grant.tokens_version):
            return True
    return False


def _take_up(mailbox_id: int, *, actor: Membership | None) -> None:
    """What waited for the sign-in goes on."""
    mailbox = Mailbox.objects.select_related("connection").get(id=mailbox_id)
    ask_for_test(mailbox)
    audit.record("mailbox.signed_in", target=mailbox, actor=actor, origin="web" if actor else "worker")
    for outgoing in OutgoingServer.objects.filter(login_of=mailbox.connection).exclude(paused_at=None):
        resume_server(outgoing)
    for other in Mailbox.objects.select_related("connection").filter(connection=mailbox.connection, deleted_at=None):
        ask_poll_now(other)
        real_time.follow(other)
