"""Why Microsoft gave no token, or did not open a mailbox, and what to try, most likely first."""

from __future__ import annotations

from collections.abc import Mapping

from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.diagnosis.results import Cause

Verdict = tuple[str, tuple[Cause, ...]]  # a key of words.FACTS, and the causes

_SECRET = Cause("secret_value", "client_secret")
_CLIENT = Cause("check_client", "client_id")
_TENANT = Cause("check_tenant", "tenant")
_CLOUD = Cause("check_cloud", "cloud")
_MAILBOX = Cause("check_mailbox", "address")
_CONSENT = (Cause("grant_consent"), Cause("grant_permissions"), Cause("consent_takes_time"))
_PERMISSIONS = (Cause("grant_permissions"), Cause("grant_consent"), Cause("consent_takes_time"), Cause("scope_app"))
_AGAIN = (Cause("try_again"),)
_WAY = (Cause("firewall"), Cause("operator"), Cause("try_again"))

_TOKEN: Mapping[Reason, Verdict] = {
    Reason.APP_SECRET_WRONG: ("token.secret", (_SECRET, Cause("other_app", "client_id"))),
    Reason.APP_SECRET_MISSING: ("token.secret", (_SECRET,)),
    Reason.APP_IS_PUBLIC: ("token.secret", (_CLIENT,)),
    Reason.APP_SECRET_EXPIRED: ("token.secret_expired", (Cause("new_secret", "client_secret"),)),
    Reason.APP_UNKNOWN: ("token.app", (_CLIENT, _TENANT, *_CONSENT[:1])),
    Reason.APP_SINGLE_TENANT: ("token.tenant", (_TENANT,)),
    Reason.TENANT_UNKNOWN: ("token.tenant", (_TENANT, _CLOUD)),
    Reason.CLOUD_WRONG: ("token.cloud", (_CLOUD,)),
    Reason.CONSENT_MISSING: ("token.consent", _CONSENT),
    Reason.ADMIN_CONSENT_NEEDED: ("token.consent", _CONSENT),
    Reason.SIGN_IN_BLOCKED: ("token.policy", (Cause("conditional_access"),)),
    Reason.SIGN_IN_NEEDED: ("token.policy", (Cause("conditional_access"),)),
    Reason.RESOURCE_MISSING: ("token.resource", (Cause("check_licence"), _TENANT)),
    Reason.NAME_NOT_FOUND: ("token.unreachable", _WAY),
    Reason.UNREACHABLE: ("token.unreachable", _WAY),
    Reason.HOST_NOT_ALLOWED: ("token.unreachable", _WAY),
    Reason.TIMEOUT: ("token.unreachable", _WAY),
    Reason.CONNECTION_LOST: ("token.unreachable", _WAY),
    Reason.THROTTLED: ("token.trouble", _AGAIN),
    Reason.SERVER_ERROR: ("token.trouble", _AGAIN),
}
_OPENING: Mapping[Reason, Verdict] = {
    Reason.LOGIN_REFUSED: ("mailbox.token", (_CLOUD, *_AGAIN)),
    Reason.PERMISSION_MISSING: ("mailbox.permission", _PERMISSIONS),
    Reason.ACCESS_BLOCKED: ("mailbox.blocked", (Cause("scope_app"), Cause("policy_takes_time"), _MAILBOX)),
    Reason.MAILBOX_NOT_FOUND: ("mailbox.unknown", (_MAILBOX, _TENANT, Cause("mailbox_takes_time"))),
    Reason.MAILBOX_NOT_ENABLED: (
        "mailbox.not_enabled",
        (Cause("check_licence"), Cause("mailbox_takes_time"), _MAILBOX),
    ),
    Reason.THROTTLED: ("mailbox.throttled", _AGAIN),
}


def token_verdict(error: ConnectorError) -> Verdict:
    """Why there is no token; a number that nobody knows falls back to what the provider said."""
    return _TOKEN.get(error.reason, ("token.refused", (_TENANT, _CLIENT, _SECRET)))


def mailbox_verdict(error: ConnectorError) -> Verdict:
    """Why the mailbox does not open."""
    return _OPENING.get(error.reason, ("mailbox.trouble", _AGAIN))


def sending_verdict(error: ConnectorError, *, is_writing: bool) -> Verdict:
    """Why nothing can be written to the mailbox, or sent from it."""
    if error.reason is Reason.PERMISSION_MISSING:
        if is_writing:
            return "send.draft_refused", _PERMISSIONS
        return "send.graph_refused", (Cause("grant_send"), Cause("grant_consent"), Cause("consent_takes_time"))
    if error.reason is Reason.SENDER_REFUSED:
        return "send.graph_refused", (_MAILBOX,)
    return "send.graph_trouble", _AGAIN
