"""Pages and templates of the tests beside those of the product, and what a browser refuses to load."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from helpdesk.web import navigation
from helpdesk.web.navigation import Item, Section

TEMPLATES = Path(__file__).parent / "templates"


@pytest.fixture
def shell_urls(settings: Any) -> None:
    """The addresses of tests.web.urls stand beside those of the product."""
    settings.ROOT_URLCONF = "tests.web.urls"
    engine = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], TEMPLATES]}]


@pytest.fixture
def rail(monkeypatch: pytest.MonkeyPatch) -> list[Item]:
    """The rail shows these items and no others."""
    items = [
        Item(name="New ticket", url="/new/", section=Section.COMPOSE, key="C"),
        Item(name="Needs reply", url="/gallery/", section=Section.VIEWS, icon="inbox", count="14", in_tabbar=True),
        Item(name="Mine", url="/mine/", section=Section.VIEWS, icon="user", count="7", key="G M", in_tabbar=True),
        Item(name="Repairs", url="/repairs/", section=Section.TEAMS, hue=2, count="9"),
        Item(name="Mailboxes", url="/boxes/", section=Section.FOOT, icon="mailbox", count="1 down", tone="bad"),
        Item(name="Mailboxes", url="/settings/boxes/", section=Section.EMAIL, icon="mailbox"),
        Item(name="People", url="/settings/people/", section=Section.WORKSPACE, icon="user"),
    ]
    monkeypatch.setattr(navigation, "_providers", [lambda request: items])
    return items


@pytest.fixture
def quiet_page(page: Page) -> Iterator[Page]:
    """A browser page; the test fails if the policy blocked something or a script failed on it."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(f"script: {error}"))
    page.on("console", lambda message: problems.append(message.text) if _is_violation(message.text) else None)
    yield page
    assert not problems, "\n".join(problems)


def _is_violation(text: str) -> bool:
    return "Content Security Policy" in text or "Content-Security-Policy" in text
