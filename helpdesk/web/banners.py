"""What stands above a page for as long as it is so. Upper layers register providers when they start.

A provider is called when a page of the settings is drawn, inside the organization's scope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True)
class Banner:
    """One sentence or two, and where something can be done about it."""

    title: str  # translated, as all of it
    text: str
    url: str
    action: str
    tone: str = "warn"  # or bad


Provider = Callable[[HttpRequest], Iterable[Banner]]
_providers: list[Provider] = []


def register_banner(provider: Provider) -> None:
    """The provider is asked with every page of the settings from now on; call it from `AppConfig.ready`."""
    if provider not in _providers:
        _providers.append(provider)


def banners_for(request: HttpRequest) -> list[Banner]:
    """What stands above this page."""
    return [banner for provider in _providers for banner in provider(request)]
