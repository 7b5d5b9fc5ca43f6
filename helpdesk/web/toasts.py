"""One line at the bottom of the page, with at most one action, for what is not visible on the screen by itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, TypeVar

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_htmx.http import trigger_client_event

Tone = Literal["ok", "info", "bad"]
Response = TypeVar("Response", bound=HttpResponseBase)
_LEVELS = {"ok": messages.SUCCESS, "info": messages.INFO, "bad": messages.ERROR}


@dataclass(frozen=True)
class Action:
    """A button in a toast: Undo, Try again."""

    label: str  # translated
    url: str  # gets a POST


def toast(response: Response, text: str, *, tone: Tone = "ok", action: Action | None = None) -> Response:
    """The response to htmx also shows a toast. `text` is shown as text, never as HTML. Errors stay until closed."""
    detail = {"text": str(text), "tone": tone, "action": asdict(action) if action else None}
    return trigger_client_event(response, "toast", detail)


def toast_on_next_page(request: HttpRequest, text: str, *, tone: Tone = "ok") -> None:
    """The next full page shows a toast; for what follows a redirect."""
    messages.add_message(request, _LEVELS[tone], text)
