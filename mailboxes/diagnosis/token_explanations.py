"""Why an account that is proven by tokens was not let in, and what to try, most likely first."""

from __future__ import annotations

from collections.abc import Mapping

from mailboxes.connectors.errors import OF_TOKENS, ConnectorError, Reason
from mailboxes.diagnosis.results import Cause

_AGAIN = Cause("token_sign_in")
_CONSENT = (Cause("token_consent"), _AGAIN)
_APP = (Cause("token_app"),)
_CAUSES: Mapping[Reason, tuple[Cause, ...]] = {
    Reason.SIGN_IN_NEEDED: (_AGAIN,),
    Reason.GRANT_DEAD: (_AGAIN,),
    Reason.CODE_EXPIRED: (_AGAIN,),
    Reason.OTHER_ACCOUNT: (_AGAIN,),
    Reason.SCOPE_NOT_GRANTED: (_AGAIN, Cause("token_consent")),
    Reason.SIGN_IN_BLOCKED: (Cause("token_policy"), _AGAIN),
    Reason.ACCOUNT_REFUSED: (Cause("token_account"), _AGAIN),
    Reason.CONSENT_MISSING: _CONSENT,
    Reason.CONSENT_REFUSED: _CONSENT,
    Reason.ADMIN_CONSENT_NEEDED: _CONSENT,
    Reason.APP_SECRET_WRONG: (Cause("token_secret"), *_APP),
    Reason.APP_SECRET_MISSING: (Cause("token_secret"),),
    Reason.APP_SECRET_EXPIRED: (Cause("token_new_secret"),),
    Reason.APP_IS_PUBLIC: _APP,
    Reason.APP_UNKNOWN: _APP,
    Reason.APP_SINGLE_TENANT: _APP,
    Reason.TENANT_UNKNOWN: _APP,
    Reason.CLOUD_WRONG: _APP,
    Reason.REDIRECT_WRONG: _APP,
    Reason.RESOURCE_MISSING: (Cause("token_licence"), *_APP),
    Reason.SCOPE_WRONG: (Cause("token_scopes"),),
    Reason.SCOPES_MIXED: (Cause("token_scopes"),),
    Reason.TOKEN_LOOP: (Cause("try_again"),),
}


def is_of_tokens(error: ConnectorError) -> bool:
    """True if the provider gave no token; the mail server was not even asked."""
    return error.reason in OF_TOKENS


def token_causes(error: ConnectorError) -> tuple[Cause, ...]:
    """The provider gave no token."""
    return _CAUSES.get(error.reason, (_AGAIN,))


def refused_token_causes(username: str, *, switch: Cause) -> tuple[Cause, ...]:
    """The mail server did not take the token. switch: which one lets mail programs in."""
    return (Cause("mailbox_access", facts={"username": username}), switch, _AGAIN)
