"""The shell in a real browser: nothing is blocked, the parts behave, nothing is inaccessible."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("shell_urls", "rail"),
]


@pytest.fixture
def gallery(live_server: Any, quiet_page: Page, people: Any, client: Any) -> Page:
    """The gallery, signed in as an agent."""
    client.force_login(people.agent.user)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    quiet_page.context.add_cookies([cookie])
    quiet_page.goto(f"{live_server.url}/gallery/")
    expect(quiet_page.locator(".token")).to_have_count(2)  # the modules have run
    return quiet_page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_gallery_has_no_accessibility_violations(gallery: Page, scheme: Any, width: int) -> None:
    gallery.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    gallery.set_viewport_size({"width": width, "height": 900})
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        gallery.screenshot(path=Path(folder) / f"gallery-{scheme}-{width}.png")
    results = Axe().run(gallery, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    found = [(each["id"], [node["html"][:150] for node in each["nodes"]]) for each in results.response["violations"]]
    assert not found, found
