"""What Microsoft Graph says when something fails, in our vocabulary.

The error code decides; where it is none of these, the status. Codes compare without case.
https://learn.microsoft.com/graph/errors, https://learn.microsoft.com/graph/resolve-auth-errors

A wish to wait is the mailbox's own if it names the mailbox (MailboxConcurrency), if it is about what the mailbox sends,
or if Graph does not say for how long; any other counts what the app asks altogether.
https://learn.microsoft.com/graph/throttling-limits
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import requests

from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.http import retry_after_s

MAX_MESSAGE_CHARS = 200
_NOT_CALLED_WORDS = "validation request"  # of a subscription: our address did not answer as it has to
_OF_MAILBOX = "mailbox"  # the word by which a limit of one mailbox is known
_BLOCKED_WORDS = "access to odata is disabled"  # an access policy, or RBAC for Applications, shuts the app out

_BY_CODE: Mapping[str, tuple[Reason, bool]] = {  # reason, and whether asking again cannot help
    "invalidauthenticationtoken": (Reason.LOGIN_REFUSED, True),
    "authenticationerror": (Reason.LOGIN_REFUSED, True),
    "erroritemnotfound": (Reason.MESSAGE_GONE, True),
    "errorinvalididmalformed": (Reason.MESSAGE_GONE, True),
    "errorinvalidid": (Reason.MESSAGE_GONE, True),
    "errorfoldernotfound": (Reason.FOLDER_NOT_FOUND, True),
    "errormovecopyfailed": (Reason.SERVER_ERROR, False),
    "mailboxnotenabledforrestapi": (Reason.MAILBOX_NOT_ENABLED, True),
    "mailboxnotsupportedforrestapi": (Reason.MAILBOX_NOT_ENABLED, True),
    "resourcenotfound": (Reason.MAILBOX_NOT_ENABLED, True),  # alternates with the one before last
    "request_resourcenotfound": (Reason.MAILBOX_NOT_FOUND, True),
    "errorinvaliduser": (Reason.MAILBOX_NOT_FOUND, True),
    "errornonexistentmailbox": (Reason.MAILBOX_NOT_FOUND, True),
    "errorsendasdenied": (Reason.SENDER_REFUSED, True),
    "errorinvalidrecipients": (Reason.RECIPIENT_REFUSED, True),
    "errormessagesizeexceeded": (Reason.TOO_LARGE, True),
    "errorattachmentsizelimitexceeded": (Reason.TOO_LARGE, True),
    "requestentitytoolarge": (Reason.TOO_LARGE, True),
    "errormimecontentinvalid": (Reason.CONTENT_REFUSED, True),
    "errormimecontentinvalidbase64string": (Reason.CONTENT_REFUSED, True),
    "errorquotaexceeded": (Reason.MAILBOX_FULL, False),
    "errorexceededmessagelimit": (Reason.THROTTLED, False),
    "applicationthrottled": (Reason.THROTTLED, False),
    "toomanyrequests": (Reason.THROTTLED, False),
    "errorserverbusy": (Reason.THROTTLED, False),
}
_BY_STATUS: Mapping[int, tuple[Reason, bool]] = {
    401: (Reason.LOGIN_REFUSED, True),
    403: (Reason.PERMISSION_MISSING, True),
    404: (Reason.SERVER_ERROR, False),  # nothing we asked for says so; a message is gone only if Graph calls it so
    408: (Reason.SERVER_ERROR, False),
    409: (Reason.SERVER_ERROR, False),
    410: (Reason.SERVER_ERROR, False),
    413: (Reason.TOO_LARGE, True),
    423: (Reason.SERVER_ERROR, False),
    429: (Reason.THROTTLED, False),
}


class GraphRefusal(ConnectorError):
    """Graph answered, with another status than the documented one."""

    def __init__(
        self,
        reason: Reason,
        *,
        permanent: bool,
        status: int,
        retry_after_s: float | None = None,
        is_shared: bool = False,
        detail: str = "",
    ) -> None:
        super().__init__(reason, permanent=permanent, retry_after_s=retry_after_s, is_shared=is_shared, detail=detail)
        self.status = status


def refusal(response: requests.Response) -> GraphRefusal:
    """What an answer with another status than the documented one means."""
    code, message, request_id = _error_of(response)
    reason, is_permanent = _meaning(response.status_code, code=code, message=message)
    said = f"{response.status_code} {code}: {message[:MAX_MESSAGE_CHARS]}".strip(": ")
    wait_s = retry_after_s(response)
    is_of_mailbox = code.casefold() == "errorexceededmessagelimit" or _OF_MAILBOX in f"{code} {message}".casefold()
    return GraphRefusal(
        reason,
        permanent=is_permanent,
        status=response.status_code,
        retry_after_s=wait_s,
        is_shared=response.status_code in (429, 503) and wait_s is not None and not is_of_mailbox,
        detail=f"{said} (request {request_id})" if request_id else said,
    )


def _meaning(status: int, *, code: str, message: str) -> tuple[Reason, bool]:
    if status == 403 and code.casefold() == "erroraccessdenied" and _BLOCKED_WORDS in message.casefold():
        return Reason.ACCESS_BLOCKED, True
    if status == 400 and _NOT_CALLED_WORDS in message.casefold():
        return Reason.NOT_CALLABLE, False
    known = _BY_CODE.get(code.casefold())
    if known is not None and status < 500:
        return known
    if status >= 500:
        return Reason.SERVER_ERROR, False
    return _BY_STATUS.get(status, (Reason.PROTOCOL, 400 <= status < 500))


def _error_of(response: requests.Response) -> tuple[str, str, str]:
    """Code, message and the id that Microsoft's support asks for; empty where the answer is no error of Graph's."""
    request_id = response.headers.get("request-id", "")
    try:
        error = json.loads(response.content)["error"]
        code, message = str(error.get("code", "")), str(error.get("message", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", "", request_id
    inner = error.get("innerError")
    if not request_id and isinstance(inner, dict):
        request_id = str(inner.get("request-id", ""))
    return code, " ".join(message.split()), request_id[:40]
