"""Why Exchange Web Services did not let a token in, or take a mail, and what to try, most likely first.

What an app may do is found out by a call: with a role that is confined to some mailboxes the token names no permission.
"""

from __future__ import annotations

from collections.abc import Mapping

from mailboxes.connectors.config import EwsConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.diagnosis.graph_explanations import Verdict, token_verdict
from mailboxes.diagnosis.results import Cause
from mailboxes.diagnosis.token_explanations import token_causes

_AGAIN = (Cause("try_again"),)
_MAILBOX = Cause("check_mailbox", "address")
_HOST = Cause("check_spelling", "host")
_TAKES_TIME = Cause("consent_takes_time")
_PERMISSION = (Cause("grant_full_access"), Cause("check_manifest"), Cause("grant_consent"), _TAKES_TIME)
_SCOPE = (Cause("ews_scope_app"), Cause("policy_takes_time"), *_PERMISSION[:1], _MAILBOX)
_OPENING: Mapping[Reason, Verdict] = {
    Reason.LOGIN_REFUSED: (
        "mailbox.ews_token",
        (_TAKES_TIME, Cause("ews_server_tokens"), _HOST, Cause("check_cloud", "cloud")),
    ),
    Reason.ACCESS_BLOCKED: (
        "mailbox.ews_blocked",
        (Cause("ews_switched_off"), Cause("ews_scope_app"), Cause("policy_takes_time")),
    ),
    Reason.MAILBOX_NOT_FOUND: ("sign_in.ews_no_mailbox", (_MAILBOX, Cause("mailbox_takes_time"))),
    Reason.MAILBOX_NOT_ENABLED: ("mailbox.not_enabled", (Cause("check_licence"), _MAILBOX)),
    Reason.THROTTLED: ("mailbox.throttled", _AGAIN),
    Reason.PROTOCOL: ("sign_in.ews_elsewhere", (_HOST, Cause("check_port", "port", {"ports": "443"}))),
}


def token_trouble(config: EwsConfig, error: ConnectorError) -> Verdict:
    """Why there is no token: an app has no right to one, or a person has to sign in again."""
    return token_verdict(error) if config.impersonates else ("sign_in.token", token_causes(error))


def opening_trouble(config: EwsConfig, error: ConnectorError) -> Verdict:
    """Why the mailbox does not open."""
    if error.reason is Reason.PERMISSION_MISSING:
        return _not_permitted(config, error)
    return _OPENING.get(error.reason, ("mailbox.ews_trouble", _AGAIN))


def sending_trouble(config: EwsConfig, error: ConnectorError, *, address: str, is_writing: bool) -> Verdict:
    """Why nothing can be written to the mailbox, or sent from it."""
    if error.reason is Reason.PERMISSION_MISSING and is_writing:
        return "send.ews_draft_refused", _PERMISSION if _is_app(config) else (Cause("ews_write"),)
    if error.reason in (Reason.PERMISSION_MISSING, Reason.SENDER_REFUSED):
        return "send.ews_refused", (Cause("ews_send_as", facts={"address": address}), _MAILBOX)
    return "send.ews_trouble", _AGAIN


def _not_permitted(config: EwsConfig, error: ConnectorError) -> Verdict:
    """Exchange's own name for it tells a mailbox that is out of reach from a token that allows nothing at all."""
    is_about_mailbox = error.detail.startswith("Error")
    if _is_app(config):
        return ("mailbox.ews_scope", _SCOPE) if is_about_mailbox else ("mailbox.ews_permission", _PERMISSION)
    if not is_about_mailbox:
        return "mailbox.ews_person_scope", (Cause("ews_person_scope"), Cause("token_sign_in"))
    facts = {"username": config.login.username, "user": config.user}
    return "mailbox.ews_person", (Cause("ews_person_access", facts=facts), _MAILBOX, Cause("switch_takes_time"))


def _is_app(config: EwsConfig) -> bool:
    return config.impersonates and config.login.tokens is not None
