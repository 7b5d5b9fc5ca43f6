"""How much one request may bring: whatever is above is refused before a byte of it is read or written to disk."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from helpdesk.web.errors import too_large

MAX_BODY_MB = 26  # a file of an answer (25 MB) and the form around it
_MAX_BODY_BYTES = MAX_BODY_MB * 1024 * 1024


class BodyLimitMiddleware:
    """Stands before everything that reads forms: else anybody could fill the disk through the sign-in page.

    A view that `limits_body_itself` is asked instead: it knows better what it may be sent.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or ""
        is_large = length.isdecimal() and (len(length) > 12 or int(length) > _MAX_BODY_BYTES)
        if is_large and not _limits_body_itself(request):
            return too_large(request, limit_mb=MAX_BODY_MB)
        return self.get_response(request)


def _limits_body_itself(request: HttpRequest) -> bool:
    try:
        return getattr(resolve(request.path_info).func, "limits_body_itself", False)
    except Resolver404:
        return False
