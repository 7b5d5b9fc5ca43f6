"""Why whoever signed in got no token at Microsoft, or may not open a mailbox, and what to try, most likely first."""

from __future__ import annotations

from collections.abc import Mapping

from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.diagnosis import graph_explanations
from mailboxes.diagnosis.graph_explanations import Verdict
from mailboxes.diagnosis.results import Cause
from mailboxes.diagnosis.token_explanations import is_of_tokens, token_causes

_SIGN_IN = Cause("token_sign_in")
_SHARE = Cause("share_mailbox")
_TAKES_TIME = Cause("mailbox_takes_time")
_PERMISSIONS = (_SIGN_IN, Cause("token_consent"), Cause("token_policy"))
_NOT_SHARED: Verdict = ("mailbox.not_shared", (_SHARE, Cause("sharing_takes_time"), _SIGN_IN))
_OPENING: Mapping[Reason, Verdict] = {
    Reason.LOGIN_REFUSED: ("mailbox.token", (_SIGN_IN, Cause("token_app"), Cause("try_again"))),
    Reason.MAILBOX_NOT_FOUND: ("mailbox.unknown_person", (Cause("check_account"), _TAKES_TIME)),
    Reason.MAILBOX_NOT_ENABLED: ("mailbox.not_enabled", (Cause("check_licence"), _TAKES_TIME)),
}


def token_verdict(error: ConnectorError) -> Verdict:
    """Why there is no token."""
    if not is_of_tokens(error):
        return graph_explanations.token_verdict(error)
    return "token.person_refused", token_causes(error)


def mailbox_verdict(error: ConnectorError, *, is_own: bool) -> Verdict:
    """Why the mailbox does not open. Exchange hides the folders of one that is not shared with who signed in."""
    if not is_own and error.reason in (Reason.PERMISSION_MISSING, Reason.FOLDER_NOT_FOUND, Reason.MESSAGE_GONE):
        return _NOT_SHARED
    if error.reason is Reason.PERMISSION_MISSING:
        return "mailbox.permission_person", _PERMISSIONS
    return _OPENING.get(error.reason) or graph_explanations.mailbox_verdict(error)


def sending_verdict(error: ConnectorError, *, is_writing: bool) -> Verdict:
    """Why nothing can be written to the mailbox, or sent from it."""
    if error.reason is Reason.PERMISSION_MISSING and is_writing:
        return "send.draft_refused_person", _PERMISSIONS
    if error.reason in (Reason.PERMISSION_MISSING, Reason.SENDER_REFUSED):
        return "send.person_refused", (Cause("share_sending"), *_PERMISSIONS)
    return graph_explanations.sending_verdict(error, is_writing=is_writing)
