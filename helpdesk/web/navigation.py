"""What stands in the rails. Upper layers register providers when they start; nothing here imports them.

A provider is called when a rail is drawn, inside the organization's scope; error pages draw none, so they ask nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Section(StrEnum):
    """Where an entry stands: the first five in the main rail, the last three in the rail of the settings."""

    COMPOSE = "compose"  # the one button beside the organization's name
    VIEWS = "views"
    TEAMS = "teams"
    SAVED = "saved"
    FOOT = "foot"
    EMAIL = "email"
    TICKETS = "tickets"
    WORKSPACE = "workspace"


SETTINGS_SECTIONS: dict[Section, Promise] = {
    Section.EMAIL: _("Email"),
    Section.TICKETS: _("Tickets"),
    Section.WORKSPACE: _("Workspace"),
}


@dataclass(frozen=True)
class Item:
    """One entry of a rail."""

    name: str  # translated
    url: str
    section: Section
    icon: str = ""
    count: str = ""  # "14", "999+", "1 down"
    tone: str = ""  # bad draws the count as a warning
    hue: int | None = None  # a swatch instead of the icon
    key: str = ""  # single key or sequence, "G N"
    active: bool | None = None  # None: decided by the longest address that the current one starts with
    in_tabbar: bool = False  # also at the bottom on phones; four at most


Provider = Callable[[HttpRequest], Iterable[Item]]
_providers: list[Provider] = []
_palettes: list[Callable[[HttpRequest], str]] = []


def register_rail(provider: Provider) -> Provider:
    """The provider's items appear in the rails of every page from now on; call it from `AppConfig.ready`.

    One registry serves both rails: the item's section says which. Registering twice has no effect.
    """
    if provider not in _providers:
        _providers.append(provider)
    return provider


def register_palette(address: Callable[[HttpRequest], str]) -> None:
    """The command palette asks this address for `?q=…`; the answer is `.menu__item` options as HTML."""
    _palettes[:] = [address]


def palette_url(request: HttpRequest) -> str:
    """Where the command palette searches; empty: it only knows the entries of the rail."""
    return _palettes[0](request) if _palettes else ""


def rail_items(request: HttpRequest) -> dict[Section, list[Item]]:
    """All entries by section, in order of registration, at most one of them active, wherever it stands."""
    items = [item for provider in _providers for item in provider(request)]
    current = _longest_match(items, path=request.path)
    chosen = any(item.active for item in items)
    here = current.url if current is not None and not chosen else None
    items = [item if item.active is not None else replace(item, active=item.url == here) for item in items]
    return {section: [item for item in items if item.section is section] for section in Section}


def _longest_match(items: list[Item], *, path: str) -> Item | None:
    matching = [
        (len(prefix), -index, item)
        for index, item in enumerate(items)
        if (prefix := urlsplit(item.url).path) and path.startswith(prefix)
    ]
    return max(matching, key=lambda match: match[:2])[2] if matching else None
