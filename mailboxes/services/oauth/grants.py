"""A grant: what a provider is told for it, read at use time and never kept (F60), and how its tokens are forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from helpdesk.lib.crypto import CannotOpen
from helpdesk.tenancy import secrets
from mailboxes.connectors.config import OAuthConfig, Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.deadlines import TESTING_DAYS
from mailboxes.models import Flow, GrantState, OAuthGrant, Provider
from mailboxes.services.liveness.certificates import observer_of
from mailboxes.services.setup.network_limits import host_guard, timeouts
from mailboxes.services.setup.proxies import proxy_config


def oauth_config(grant: OAuthGrant) -> OAuthConfig:
    """The app of the grant, its secret opened. Needs the scope.

    Raises ConnectorError (permanent): no app, or a secret that does not open.
    """
    client_id, client_secret = _app(grant)
    return OAuthConfig(
        provider=grant.provider,
        client_id=client_id,
        client_secret=client_secret,
        scopes=tuple(grant.scopes),
        guard=host_guard(),
        timeouts=_timeouts(),
        cloud=grant.cloud,
        tenant=grant.tenant,
        authorize_url=grant.authorize_url,
        token_url=grant.token_url,
        extra_parameters={str(name): str(value) for name, value in grant.extra_parameters.items()},
        client_auth=grant.client_auth,
        proxy=proxy_config(grant.connection.proxy),
        ca_file=settings.MAIL_CA_FILE,
        on_certificate=observer_of(grant) if grant.provider == Provider.OTHER else None,
    )


def _timeouts() -> Timeouts:
    """Shorter than a mail server's: a token is waited for by everybody who needs it."""
    usual = timeouts()
    return Timeouts(connect_s=min(usual.connect_s, 10.0), read_s=min(usual.read_s, 15.0))


def operator_app(provider: str) -> tuple[str, str]:
    """Client id and secret of the installation's own app at this provider; empty where the operator has none."""
    return {
        Provider.MICROSOFT.value: (settings.MICROSOFT_CLIENT_ID, settings.MICROSOFT_CLIENT_SECRET),
        Provider.GOOGLE.value: (settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET),
    }.get(provider, ("", ""))


def end_of_sign_in(grant: OAuthGrant) -> datetime | None:
    """When the provider ends the grant's sign-in even while it is used; None: never, as far as is known."""
    if not grant.is_in_testing or grant.provider != Provider.GOOGLE or grant.signed_in_at is None:
        return None
    return grant.signed_in_at + timedelta(days=TESTING_DAYS)


def forget_tokens(grant: OAuthGrant) -> None:
    """The grant, to be saved, has no tokens; whoever is renewing them stores none. Somebody has to sign in."""
    grant.tokens_sealed, grant.state, grant.state_reason, grant.state_detail = "", GrantState.UNUSED, "", ""
    grant.tokens_version += 1
    grant.refresh_lease_until = None
    grant.granted_scopes, grant.account = [], ""
    grant.signed_in_at = grant.sign_in_ends_at = None


def _app(grant: OAuthGrant) -> tuple[str, str]:
    if grant.client_id:
        try:
            # A public client shows no secret (RFC 6749 section 2.1), even if one is stored.
            secret = "" if grant.flow == Flow.DEVICE else secrets.open_for(grant, "client_secret_sealed")
        except CannotOpen:
            detail = "the stored client secret cannot be opened; enter it again"
            raise ConnectorError(Reason.APP_SECRET_MISSING, permanent=True, detail=detail) from None
        return grant.client_id, secret
    client_id, client_secret = operator_app(grant.provider)
    # The installation's app by itself would reach any company's mail that typed in another one's tenant.
    if not client_id or grant.flow == Flow.APP:
        raise ConnectorError(Reason.APP_UNKNOWN, permanent=True, detail="no client id is stored")
    return client_id, "" if grant.flow == Flow.DEVICE else client_secret
