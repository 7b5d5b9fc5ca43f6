"""What Exchange Web Services say when something fails, in our vocabulary.

The response code decides: exchangelib raises or returns an error of that name. Codes that are none of these are the
server's trouble for now. https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import requests
from exchangelib.errors import EWSError, ResponseMessageError
from spnego.exceptions import SpnegoError

from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.http import retry_after_s

_BY_CODE: Mapping[str, tuple[Reason, bool]] = {  # reason, and whether asking again cannot help
    "ErrorAccessDenied": (Reason.PERMISSION_MISSING, True),
    "ErrorImpersonateUserDenied": (Reason.PERMISSION_MISSING, True),
    "ErrorImpersonationDenied": (Reason.PERMISSION_MISSING, True),
    "ErrorImpersonationFailed": (Reason.PERMISSION_MISSING, True),
    "ErrorUserNotAllowedByPolicy": (Reason.ACCESS_BLOCKED, True),
    "ErrorAccountDisabled": (Reason.ACCOUNT_REFUSED, True),
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
    "ErrorMimeContentInvalid": (Reason.CONTENT_REFUSED, True),
    "ErrorMimeContentConversionFailed": (Reason.MESSAGE_UNREADABLE, False),
    "ErrorContentConversionFailed": (Reason.MESSAGE_UNREADABLE, False),
    "ErrorCorruptData": (Reason.MESSAGE_UNREADABLE, False),
    "ErrorItemCorrupt": (Reason.MESSAGE_UNREADABLE, False),
    "ErrorServerBusy": (Reason.THROTTLED, False),
    "ErrorExceededConnectionCount": (Reason.TOO_MANY_CONNECTIONS, False),
}
_BY_STATUS: Mapping[int, tuple[Reason, bool]] = {
    401: (Reason.LOGIN_REFUSED, True),
    403: (Reason.LOGIN_DISABLED, True),  # signed in, and Exchange Web Services are switched off for the account
    429: (Reason.THROTTLED, False),
}


def refusal(error: Exception) -> ConnectorError:
    """What an error of exchangelib means."""
    reason, is_permanent = _BY_CODE.get(type(error).__name__, _of_no_table(error))
    wait_s = getattr(error, "back_off", None)
    return ConnectorError(
        reason,
        permanent=is_permanent,
        retry_after_s=float(wait_s) if reason is Reason.THROTTLED and wait_s else None,
        detail=f"{type(error).__name__}: {error}",
    )


def refused_by_status(response: requests.Response) -> ConnectorError:
    """What an answer means that is no SOAP at all."""
    status = response.status_code
    otherwise = (Reason.SERVER_ERROR, False) if status >= 500 else (Reason.PROTOCOL, False)
    reason, is_permanent = _BY_STATUS.get(status, otherwise)
    return ConnectorError(
        reason,
        permanent=is_permanent,
        retry_after_s=retry_after_s(response),
        detail=f"{status} {response.reason or ''}".strip(),
    )


@contextmanager
def errors_translated() -> Iterator[None]:
    """What exchangelib and NTLM raise becomes ConnectorError."""
    try:
        yield
    except EWSError as error:
        raise refusal(error) from None
    except (SpnegoError, KeyError) as error:  # requests_ntlm looks up a header that an outage leaves out
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail=type(error).__name__) from None


def _of_no_table(error: Exception) -> tuple[Reason, bool]:
    is_the_servers = isinstance(error, ResponseMessageError)
    return (Reason.SERVER_ERROR if is_the_servers else Reason.PROTOCOL), False
