"""What Exchange Web Services say when something fails, in our vocabulary.

The response code decides: exchangelib raises or returns an error of that name. Codes that are none of these are the
server's trouble for now. https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import requests
from exchangelib.errors import ErrorServerBusy, EWSError, ResponseMessageError
from spnego.exceptions import SpnegoError

from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.http import retry_after_s

_BY_CODE: Mapping[str, tuple[Reason, bool]] = {  # reason, and whether asking again cannot help
    "ErrorAccessDenied": (Reason.PERMISSION_MISSING, True),
    "ErrorImpersonateUserDenied": (Reason.PERMISSION_MISSING, True),
    "ErrorImpersonationDenied": (Reason.PERMISSION_MISSING, True),
    "ErrorImpersonationFailed": (Reason.PERMISSION_MISSING, True),
    "ErrorUserNotAllowedByPolicy": (Reason.ACCESS_BLOCKED, True),
    "ErrorCreateItemAccessDenied": (Reason.PERMISSION_MISSING, True),
    "ErrorAccountDisabled": (Reason.ACCOUNT_REFUSED, True),
    "ErrorPasswordExpired": (Reason.LOGIN_REFUSED, True),
    "ErrorPasswordChangeRequired": (Reason.LOGIN_REFUSED, True),
    "ErrorSendAsDenied": (Reason.SENDER_REFUSED, True),
    "ErrorInvalidRecipients": (Reason.RECIPIENT_REFUSED, True),
    "ErrorMissingRecipients": (Reason.RECIPIENT_REFUSED, True),
    "ErrorMailRecipientNotFound": (Reason.RECIPIENT_REFUSED, True),
    "ErrorNonExistentMailbox": (Reason.MAILBOX_NOT_FOUND, True),
    "ErrorNonPrimarySmtpAddress": (Reason.MAILBOX_NOT_FOUND, True),
    "ErrorInvalidUserPrincipalName": (Reason.MAILBOX_NOT_FOUND, True),
    "ErrorMissingEmailAddress": (Reason.MAILBOX_NOT_ENABLED, True),
    "ErrorItemNotFound": (Reason.MESSAGE_GONE, True),
    "ErrorInvalidId": (Reason.MESSAGE_GONE, True),
    "ErrorInvalidIdEmpty": (Reason.MESSAGE_GONE, True),
    "ErrorInvalidIdMalformed": (Reason.MESSAGE_GONE, True),
    "ErrorInvalidIdMalformedEwsLegacyIdFormat": (Reason.MESSAGE_GONE, True),
    "ErrorInvalidIdXml": (Reason.MESSAGE_GONE, True),
    "ErrorFolderNotFound": (Reason.FOLDER_NOT_FOUND, True),
    "ErrorParentFolderNotFound": (Reason.FOLDER_NOT_FOUND, True),
    "ErrorToFolderNotFound": (Reason.FOLDER_NOT_FOUND, True),
    "ErrorQuotaExceeded": (Reason.MAILBOX_FULL, False),
    "ErrorMessageSizeExceeded": (Reason.TOO_LARGE, True),
    "ErrorRequestStreamTooBig": (Reason.TOO_LARGE, True),
    "ErrorAttachmentSizeLimitExceeded": (Reason.TOO_LARGE, True),
    "ErrorDataSizeLimitExceeded": (Reason.TOO_LARGE, True),
    "ErrorMimeContentInvalid": (Reason.CONTENT_REFUSED, True),
    "ErrorMimeContentInvalidBase64String": (Reason.CONTENT_REFUSED, True),
    "ErrorVirusDetected": (Reason.CONTENT_REFUSED, True),
    "ErrorMimeContentConversionFailed": (Reason.MESSAGE_UNREADABLE, False),
    "ErrorContentConversionFailed": (Reason.MESSAGE_UNREADABLE, False),
    "ErrorCorruptData": (Reason.MESSAGE_UNREADABLE, False),
    "ErrorItemCorrupt": (Reason.MESSAGE_UNREADABLE, False),
    "ErrorServerBusy": (Reason.THROTTLED, False),
    "ErrorSubmissionQuotaExceeded": (Reason.THROTTLED, False),
    "ErrorExceededConnectionCount": (Reason.TOO_MANY_CONNECTIONS, False),
}
_BY_STATUS: Mapping[int, tuple[Reason, bool]] = {
    401: (Reason.LOGIN_REFUSED, True),
    403: (Reason.LOGIN_DISABLED, True),  # signed in, and Exchange Web Services are switched off for the account
    413: (Reason.TOO_LARGE, True),
    429: (Reason.THROTTLED, False),
}
_DIAGNOSTICS = re.compile(r'(\d{7})\s*;\s*reason="([^"]{1,300})')  # of x-ms-diagnostics
_NO_PERMISSION = re.compile(r"permission|scope|role", re.IGNORECASE)


def refusal(error: Exception, *, is_of_account: bool = False) -> ConnectorError:
    """What an error of exchangelib means.

    is_of_account: whoever signs in opens all mailboxes by their own right. Exchange then counts what they ask
    altogether; what is asked on behalf of a mailbox's owner it counts for that mailbox.
    https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange
    """
    reason, is_permanent = _BY_CODE.get(type(error).__name__, _of_no_table(error))
    wait_s = getattr(error, "back_off", None)
    return ConnectorError(
        reason,
        permanent=is_permanent,
        retry_after_s=float(wait_s) if reason is Reason.THROTTLED and wait_s else None,
        is_shared=is_of_account and isinstance(error, ErrorServerBusy),
        detail=f"{type(error).__name__}: {error}",
    )


def refused_by_status(response: requests.Response, *, has_token: bool = False) -> ConnectorError:
    """What an answer means that is no SOAP at all. has_token: it is the answer to a bearer token.

    A wish to wait then comes from before the services, which would know whose mailbox was asked for.
    """
    status, said = response.status_code, f"{response.status_code} {response.reason or ''}".strip()
    otherwise = (Reason.SERVER_ERROR, False) if status >= 500 else (Reason.PROTOCOL, False)
    reason, is_permanent = _BY_STATUS.get(status, otherwise)
    if has_token and status in (401, 403):
        number, words = _diagnostics(response)
        said = f"{said}: {number} {words}".rstrip(": ")
        reason = _refused_token(status, words)
    wait_s = retry_after_s(response)
    is_shared = status in (429, 503) and wait_s is not None
    return ConnectorError(reason, permanent=is_permanent, retry_after_s=wait_s, is_shared=is_shared, detail=said)


def _refused_token(status: int, words: str) -> Reason:
    """Exchange says in words what is wrong with a token; 403 without them is a policy, or the services are off."""
    if _NO_PERMISSION.search(words):
        return Reason.PERMISSION_MISSING
    return Reason.ACCESS_BLOCKED if status == 403 else Reason.LOGIN_REFUSED


def _diagnostics(response: requests.Response) -> tuple[str, str]:
    found = _DIAGNOSTICS.search(response.headers.get("x-ms-diagnostics", ""))
    return (found[1], found[2]) if found else ("", "")


@contextmanager
def errors_translated(*, is_of_account: bool) -> Iterator[None]:
    """What exchangelib and NTLM raise becomes ConnectorError. is_of_account: as `refusal` has it."""
    try:
        yield
    except EWSError as error:
        raise refusal(error, is_of_account=is_of_account) from None
    except (SpnegoError, KeyError) as error:  # requests_ntlm looks up a header that an outage leaves out
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail=type(error).__name__) from None


def _of_no_table(error: Exception) -> tuple[Reason, bool]:
    is_the_servers = isinstance(error, ResponseMessageError)
    return (Reason.SERVER_ERROR if is_the_servers else Reason.PROTOCOL), False
