"""Where other systems call with their changes; without session and without CSRF, proven by signature or token.

Every answer is JSON. 2xx only once the call is kept and had its effect; the same call again has the same answer.
"""

from __future__ import annotations

import logging

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, JsonResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from helpdesk.lib.errors import DomainError
from mailboxes.services.liveness.notifications import is_over
from ticketing.models import CallState
from ticketing.services.syncing import hooks
from ticketing.services.syncing.accepting import Answer, accept, call_id_of

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 5 * 1024 * 1024
MOST_A_MINUTE = 600  # calls of one hook
AGAIN_AFTER_S = 30
_ID_HEADERS = ("webhook-id", "idempotency-key", "x-request-id", "x-github-delivery", "x-zammad-delivery")


@csrf_exempt
@sensitive_variables("token")
@require_POST
def incoming_webhook(request: HttpRequest, token: str) -> JsonResponse:
    """200 once the call had its effect, now or before; 422 for one that is kept but not understood, else why not."""
    try:
        called = hooks.find(token)
        if called is None:
            return _refusal(404, "unknown_address", _("No integration has this address. It may have been renewed."))
        if is_over(f"incoming-calls:{called.hook_id}", most=MOST_A_MINUTE):
            return _refusal(429, "too_many_calls", _("Too many calls within a minute. Send this one again later."))
        body = _body(request)
        if body is None:
            return _refusal(413, "too_large", _("A call has at most 5 MB, and says its length."))
        headers = {name.lower(): value for name, value in request.headers.items()}
        if not hooks.is_proven(called, body=body, headers=headers):
            return _refusal(401, "not_proven", _("The signature or the token is wrong, or the call is too old."))
        if called.is_paused:
            return _refusal(503, "paused", _("The integration is paused. Send this call again later."))
        hooks.note_call(called)
        given = next((headers[name] for name in _ID_HEADERS if headers.get(name)), "")
        call_id = call_id_of(body, header=given)
        answer = accept(called.hook_id, organization_id=called.organization_id, call_id=call_id, body=body)
    except (OperationalError, InterfaceError, DomainError) as error:
        logger.warning("incoming.cannot_store", extra={"error": type(error).__name__})
        return _refusal(503, "cannot_store", _("The call cannot be kept now. Send it again later."))
    return _answered(answer)


incoming_webhook.limits_body_itself = True  # type: ignore[attr-defined]  # read by the body limit


def _body(request: HttpRequest) -> bytes | None:
    """The body as it was sent; None for one that is too large, cut, or of unknown length."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if not (length.isascii() and length.isdigit()) or len(length) > 9 or int(length) > MAX_BODY_BYTES:
        return None
    try:
        body = request.read(int(length))
    except UnreadablePostError:
        return None
    return body if len(body) == int(length) else None


def _answered(answer: Answer) -> JsonResponse:
    said = {"state": answer.state.value, "ticket": answer.ticket_number}
    if answer.code:
        said |= {"error": answer.code, "detail": answer.said}
    return JsonResponse(said, status=422 if answer.state is CallState.REFUSED else 200)


def _refusal(status: int, code: str, sentence: str) -> JsonResponse:
    answer = JsonResponse({"error": code, "detail": sentence}, status=status)
    if status in (429, 503):
        answer.headers["Retry-After"] = str(AGAIN_AFTER_S)
    return answer
