"""The installed Chromium runs under Playwright."""

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_page_is_shown(page: Page) -> None:
    page.set_content("<h1>Postroom</h1>")
    assert page.get_by_role("heading").text_content() == "Postroom"
