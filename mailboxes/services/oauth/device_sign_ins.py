"""Signing in with a device code: the product shows one, a person types it in elsewhere, a worker asks for the tokens.

begin (one request) ─▶ WAITING ─▶ a worker asks, once each time it is due ─▶ DONE, or FAILED with the reason

A fallback: many organizations block it, since the same codes are used for phishing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.db import transaction

from helpdesk.accounts.models import Membership
from helpdesk.lib import clock
from helpdesk.lib.crypto import CannotOpen
from helpdesk.tenancy import secrets, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.config import OAuthConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.oauth.microsoft import MicrosoftProvider
from mailboxes.connectors.oauth.provider import DeviceCode, StillPending
from mailboxes.connectors.oauth.token_set import TokenSet
from mailboxes.models import DeviceSignIn, DeviceState, Flow, OAuthGrant
from mailboxes.services.oauth.grants import oauth_config
from mailboxes.services.oauth.signing_in import SignInTrouble, accept, grant_of, trouble_of

LEASE_S = 120.0
TROUBLE_PAUSE_S = 15.0


def begin_device(mailbox_id: int, *, organization_id: int, actor: Membership) -> None:
    """A code can be shown, and a worker will ask what became of it. Outside of any scope. Raises ConnectorError."""
    with organization_scope(organization_id):
        config = _public(oauth_config(grant_of(mailbox_id)))
    code = MicrosoftProvider(config).begin_device()
    with organization_scope(organization_id), transaction.atomic():
        grant = grant_of(mailbox_id)
        forget_older(grant)
        row = DeviceSignIn.objects.create(
            grant=grant,
            mailbox_id=mailbox_id,
            actor=actor,
            scopes=list(config.scopes),
            user_code=code.user_code,
            verification_url=code.verification_url,
            interval_s=code.interval_s,
            expires_at=code.expires_at,
        )
        row.device_code_sealed = secrets.seal_for(row, "device_code_sealed", code.device_code)
        row.save(update_fields=["device_code_sealed"])
        due_at = clock.in_seconds(code.interval_s)
        work.enqueue(WorkKind.DEVICE_CODE, organization_id=organization_id, row_id=row.pk, due_at=due_at)


def forget_older(grant: OAuthGrant) -> None:
    """Codes of this grant that were shown before are worth nothing any more. Inside the caller's transaction."""
    older = DeviceSignIn.objects.filter(grant=grant)
    for row_id in older.values_list("id", flat=True):
        work.withdraw(WorkKind.DEVICE_CODE, organization_id=grant.organization_id, row_id=row_id)
    older.delete()


def handle(claim: work.Claim) -> None:
    """The drain's handler: the provider was asked once, and the code is due again, or over."""
    with organization_scope(claim.organization_id):
        row = DeviceSignIn.objects.select_related("actor").filter(id=claim.row_id).first()
        if row is None or row.state != DeviceState.WAITING:
            work.finish(claim)
            return
        try:
            question = _question(row)
        except (ConnectorError, CannotOpen):
            question = None
    if question is None or row.expires_at <= clock.now():
        _end(claim, row, SignInTrouble(Reason.CODE_EXPIRED))
        return
    _ask(claim, row, *question)


def _ask(claim: work.Claim, row: DeviceSignIn, config: OAuthConfig, code: DeviceCode) -> None:
    try:
        tokens = MicrosoftProvider(config).poll_device(code)
    except StillPending as pending:
        _again(claim, row, slower_s=pending.slow_down_s)
    except ConnectorError as error:
        if error.permanent:
            _end(claim, row, trouble_of(error))
        else:
            work.reschedule(claim, due_at=clock.in_seconds(error.retry_after_s or TROUBLE_PAUSE_S), succeeded=False)
    else:
        _end(claim, row, _accepted(claim, row, tokens))


def _accepted(claim: work.Claim, row: DeviceSignIn, tokens: TokenSet) -> SignInTrouble | None:
    return accept(
        row.mailbox_id,
        tokens,
        asked=tuple(row.scopes),
        flow=Flow.DEVICE,
        organization_id=claim.organization_id,
        actor=row.actor,
    )


def _question(row: DeviceSignIn) -> tuple[OAuthConfig, DeviceCode]:
    config = _public(oauth_config(grant_of(row.mailbox_id)))
    code = DeviceCode(
        device_code=secrets.open_for(row, "device_code_sealed"),
        user_code=row.user_code,
        verification_url=row.verification_url,
        expires_at=row.expires_at,
        interval_s=row.interval_s,
    )
    return replace(config, scopes=tuple(row.scopes)), code


def _again(claim: work.Claim, row: DeviceSignIn, *, slower_s: int) -> None:
    interval_s = row.interval_s + slower_s
    with organization_scope(claim.organization_id), transaction.atomic():
        DeviceSignIn.objects.filter(id=row.pk).update(interval_s=interval_s)
        due_at = min(clock.in_seconds(interval_s), row.expires_at + timedelta(seconds=1))
        work.reschedule(claim, due_at=due_at, succeeded=True)  # nothing failed: nobody has signed in yet


def _end(claim: work.Claim, row: DeviceSignIn, trouble: SignInTrouble | None) -> None:
    with organization_scope(claim.organization_id), transaction.atomic():
        DeviceSignIn.objects.filter(id=row.pk).update(
            state=DeviceState.FAILED if trouble else DeviceState.DONE,
            device_code_sealed="",
            reason=trouble.reason if trouble else "",
            detail=trouble.detail if trouble else "",
            missing=list(trouble.missing) if trouble else [],
            account=trouble.account if trouble else "",
        )
        work.finish(claim)


def _public(config: OAuthConfig) -> OAuthConfig:
    """Device codes are for apps without a secret ("Allow public client flows")."""
    return replace(config, client_secret="")
