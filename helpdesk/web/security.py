"""What the browser may load and send: the content security policy and the headers beside it.

Settings import this module while they are being loaded, so it must not read them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from csp.constants import NONCE, NONE, SELF
from django.http import HttpRequest, HttpResponse

P = ParamSpec("P")
R = TypeVar("R", bound=HttpRequest)
View = Callable[Concatenate[R, P], HttpResponse]

CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "frame-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# The one <style> that the editor's library (ProseMirror) adds to the page, by its hash.
EDITOR_STYLE_HASH = "'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='"
EDITOR_POLICY = {"style-src": [EDITOR_STYLE_HASH], "script-src": [NONCE]}
_PERMISSIONS = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
    "microphone=(), midi=(), payment=(), usb=()"
)


class SecurityHeadersMiddleware:
    """Adds what neither Django nor django-csp sets. A view that sets a header itself keeps it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", _PERMISSIONS)
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


def allows_editor(view: View[R, P]) -> View[R, P]:
    """The page of this view may hold the rich text editor: its import map by nonce, its style by hash.

    Pass `form.media.with_nonce(request.csp_nonce)` to the template and render it in block `head`.
    """

    @wraps(view)
    def widened(request: R, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response._csp_update = EDITOR_POLICY  # type: ignore[attr-defined]  # where django-csp looks
        return response

    return widened
