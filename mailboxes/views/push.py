"""A mail that a program of somebody's posts to the secret address of a mailbox; without session and without CSRF.

Every answer is JSON. 2xx only once the mail is committed; with 429 and 503, sending the same again later loses and
doubles nothing.
"""

from __future__ import annotations

import logging
from tempfile import SpooledTemporaryFile

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, JsonResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from helpdesk.lib.files import StorageDown
from helpdesk.tenancy.models import TokenPurpose
from mailboxes.services.push.push_addresses import PushTarget, find_by_token
from mailboxes.services.push.receiving import AddressGone, receive
from mailboxes.services.push.refusing import refusals
from mailboxes.services.reading.arrival_rate import exceeds_rate

logger = logging.getLogger(__name__)

TYPES = frozenset({"message/rfc822", "message/global"})
AGAIN_AFTER_S = 60
_IN_MEMORY_BYTES = 1024 * 1024  # of a mail on its way; a slow sender's waits on disk
_CHUNK_BYTES = 64 * 1024


class _Refused(Exception):
    """The answer that says why the mail is not taken."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        self.status, self.code, self.sentence = status, code, sentence
        super().__init__(code)


@csrf_exempt
@sensitive_variables("token")
@require_POST
def push(request: HttpRequest, token: str) -> JsonResponse:
    """202 with the id of a mail that is stored for good, 200 with the same id if it was known, else why not."""
    try:
        target = _target(token)
        content = _content(request, target)
        receipt = receive(content, target=target)
    except _Refused as refused:
        return _refusal(refused)
    except AddressGone:
        return _refusal(_unknown())
    except (StorageDown, OperationalError, InterfaceError) as error:
        logger.warning("push.cannot_store", extra={"error": type(error).__name__})
        return _refusal(_Refused(503, "cannot_store", _("The mail cannot be stored now. Send it again later.")))
    return JsonResponse({"id": receipt.sighting_id}, status=202 if receipt.is_new else 200)


push.limits_body_itself = True  # type: ignore[attr-defined]  # read by the body limit


def _target(token: str) -> PushTarget:
    try:
        target = find_by_token(token)
    except (OperationalError, InterfaceError):
        refusals.note((TokenPurpose.PUSH, token))
        raise
    if target is None:
        raise _unknown()
    return target


def _unknown() -> _Refused:
    return _Refused(404, "unknown_address", _("No mailbox has this address. It may have been renewed or deleted."))


def _content(request: HttpRequest, target: PushTarget) -> bytes:
    """The body, whole. Raises _Refused, before a byte of it is read where that is possible."""
    if request.content_type not in TYPES:
        sentence = _("Send the mail as it is, with the header Content-Type: message/rfc822.")
        raise _Refused(415, "content_type", sentence)
    size_bytes = _size(request, target)
    if exceeds_rate(target):
        sentence = _("This mailbox was sent too much mail within a minute. Send this one again in a minute.")
        raise _Refused(429, "too_much_mail", sentence)
    content = _read(request)
    if len(content) != size_bytes:
        raise _Refused(400, "incomplete", _("The mail ended before its length was reached. Send it again."))
    if not content.strip():
        raise _Refused(422, "empty", _("There is no mail in the request."))
    return content


def _size(request: HttpRequest, target: PushTarget) -> int:
    length = request.META.get("CONTENT_LENGTH") or ""
    if not (length.isascii() and length.isdigit()):
        raise _Refused(411, "length_missing", _("Say the length of the mail in the header Content-Length."))
    if len(length) > 12 or int(length) > target.max_bytes:
        sentence = _("This mailbox takes mails of at most %(limit)d bytes.") % {"limit": target.max_bytes}
        raise _Refused(413, "too_large", sentence)
    return int(length)


def _read(request: HttpRequest) -> bytes:
    """What arrives of the body, at most the length that was announced."""
    with SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as spool:
        try:
            while chunk := request.read(_CHUNK_BYTES):
                spool.write(chunk)
        except UnreadablePostError:
            return b""
        spool.seek(0)
        return spool.read()


def _refusal(refused: _Refused) -> JsonResponse:
    answer = JsonResponse({"error": refused.code, "detail": refused.sentence}, status=refused.status)
    if refused.status in (429, 503):
        answer.headers["Retry-After"] = str(AGAIN_AFTER_S)
    return answer
