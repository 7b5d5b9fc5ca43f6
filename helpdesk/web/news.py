"""What a person hears once, on whatever page comes next. Upper layers register providers when they start.

A provider is called when a whole page is drawn, inside the organization's scope, and itself remembers in the session
what this person has heard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from helpdesk.web.toasts import Tone, toast


@dataclass(frozen=True)
class News:
    """One toast."""

    text: str  # translated
    tone: Tone = "ok"


Provider = Callable[[HttpRequest], Iterable[News]]
_providers: list[Provider] = []


def register_news(provider: Provider) -> None:
    """The provider is asked with every page from now on; call it from `AppConfig.ready`."""
    if provider not in _providers:
        _providers.append(provider)


def news_for(request: HttpRequest) -> list[News]:
    """What is new to this person."""
    return [news for provider in _providers for news in provider(request)]


def with_news(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The part that htmx asks for again and again also brings what is new, as one toast."""
    news = news_for(request)
    if not news:
        return response
    tone: Tone = "bad" if any(item.tone == "bad" for item in news) else "ok"
    return toast(response, " ".join(item.text for item in news), tone=tone)
