"""Where Microsoft Graph calls when a mailbox has new mail: without session and without CSRF, at secret addresses.

Every call is answered at once, and alike whether its address leads anywhere: Graph slows down, then drops, what is
answered late or with errors. https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from mailboxes.services.liveness import notifications

MAX_BODY_BYTES = 256 * 1024
MAX_TOKEN_CHARS = 2000
MOST_A_MINUTE = 6000  # calls from one address, whatever they lead to
AGAIN_AFTER_S = 60


@csrf_exempt
@sensitive_variables("token")
@require_POST
def graph_notifications(request: HttpRequest, token: str) -> HttpResponse:
    """202 at once, or the validation token of the handshake as text."""
    if _exceeds_rate(request):
        return _later()
    try:
        called = notifications.whose(token)
    except notifications.TooManyLookUps:
        return _later()
    if "validationToken" in request.GET:
        return _handshake(request.GET["validationToken"], is_known=called is not None)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or len(length) > 9 or int(length) > MAX_BODY_BYTES:
        return HttpResponse(status=413)
    if called is not None:
        if notifications.exceeds_rate(called):
            return _later()
        notifications.take(called, request.body)
    return HttpResponse(status=202)


def _handshake(said: str, *, is_known: bool) -> HttpResponse:
    """The token as it came, as text that no browser takes for a page."""
    if not is_known or len(said) > MAX_TOKEN_CHARS:
        return HttpResponse(status=404)
    return HttpResponse(said, content_type="text/plain; charset=utf-8")


def _exceeds_rate(request: HttpRequest) -> bool:
    caller = _network(get_adapter().get_client_ip(request))
    return notifications.is_over(f"graph-callers:{caller}", most=MOST_A_MINUTE)


def _network(address: str) -> str:
    """Who calls: an address, or over IPv6 the network of it, whose 2^64 addresses one caller has to himself."""
    try:
        caller = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((caller, 64), strict=False)) if caller.version == 6 else str(caller)


def _later() -> HttpResponse:
    return HttpResponse(status=429, headers={"Retry-After": str(AGAIN_AFTER_S)})
