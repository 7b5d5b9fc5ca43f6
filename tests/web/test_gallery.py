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
def gallery(quiet_server: Any, quiet_page: Page, people: Any, client: Any) -> Page:
    """The gallery, signed in as an agent."""
    client.force_login(people.agent.user)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": quiet_server.url}
    quiet_page.context.add_cookies([cookie])
    quiet_page.goto(f"{quiet_server.url}/gallery/")
    expect(quiet_page.locator(".token")).to_have_count(1)  # the modules have run
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
    assert not found, "\n".join(map(str, found))


def test_swaps_keep_focus_and_are_announced(gallery: Page) -> None:
    gallery.click("#swap")
    expect(gallery.locator("#word")).to_have_text("swapped as a part")
    expect(gallery.locator("#announcer")).to_have_text("swapped")


def test_toasts_are_text_and_their_action_works(gallery: Page) -> None:
    gallery.click("#toast")
    expect(gallery.locator("#toasts .toast")).to_contain_text("Saved <b>")
    gallery.get_by_role("button", name="Undo").last.click()
    expect(gallery.locator("#toasts .toast")).to_contain_text("Taken back")


def test_a_redirect_swaps_the_page_in_and_shows_its_toast(gallery: Page) -> None:
    gallery.click("#move")
    expect(gallery.locator("#toasts .toast")).to_contain_text("Moved")
    expect(gallery.locator("h1")).to_be_focused()
    expect(gallery.locator(".token")).to_have_count(1)


def test_signed_out_and_broken_answers_are_said(gallery: Page) -> None:
    gallery.click("#expire")
    expect(gallery.locator("#signed-out")).to_be_visible()
    gallery.get_by_role("button", name="Carry on").click()
    gallery.click("#break")
    expect(gallery.get_by_role("alert").last).to_contain_text("quote")


def test_menus_open_with_focus_and_move_with_arrows(gallery: Page) -> None:
    button = gallery.locator("#menu-button")
    button.click()
    expect(gallery.get_by_role("menuitem", name="First")).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "true")
    gallery.keyboard.press("ArrowDown")
    expect(gallery.get_by_role("menuitem", name="Second")).to_be_focused()
    gallery.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")


def test_lists_move_and_select_by_keyboard(gallery: Page) -> None:
    gallery.keyboard.press("j")
    gallery.keyboard.press("j")
    expect(gallery.get_by_role("link", name="Ticket 4819")).to_be_focused()
    gallery.keyboard.press("x")
    expect(gallery.locator("[data-bulk-count]")).to_have_text("1 selected")
    gallery.keyboard.press("j")
    gallery.keyboard.press("Shift+X")
    expect(gallery.locator("[data-bulk-count]")).to_have_text("2 selected")
    gallery.keyboard.press("Escape")
    expect(gallery.locator("[data-bulk]")).to_be_hidden()


def test_the_palette_finds_what_the_rail_has(gallery: Page) -> None:
    gallery.keyboard.press("Control+k")
    gallery.keyboard.type("mi")
    expect(gallery.locator("#palette [role=option]")).to_have_count(1)
    expect(gallery.locator("#palette [role=option]")).to_have_text("Mine")
    gallery.keyboard.press("Enter")
    gallery.wait_for_url("**/mine/")


def test_sequences_and_the_list_of_shortcuts(gallery: Page) -> None:
    gallery.keyboard.press("?")
    expect(gallery.locator("#shortcuts")).to_be_visible()
    gallery.keyboard.press("Escape")
    gallery.keyboard.press("g")
    gallery.keyboard.press("m")
    gallery.wait_for_url("**/mine/")


def test_keys_are_off_while_typing(gallery: Page) -> None:
    gallery.locator("#id_host").click()
    gallery.keyboard.type("gm?")
    expect(gallery.locator("#id_host")).to_have_value("gm?")
    expect(gallery.locator("#shortcuts")).to_be_hidden()


def test_addresses_become_tokens_and_wrong_ones_show(gallery: Page) -> None:
    field = gallery.locator("#to")
    field.fill('"Okoye, Amara" <a@b.test>, nonsense')
    field.press("Enter")
    expect(gallery.locator(".token")).to_have_count(3)
    expect(gallery.locator(".token[data-tone=bad]")).to_have_text("nonsense")
    field.press("Backspace")
    expect(gallery.locator(".token")).to_have_count(2)


def test_a_form_with_errors_takes_the_focus_to_what_is_wrong(gallery: Page) -> None:
    gallery.get_by_role("button", name="Save", exact=True).click()
    expect(gallery.locator("#id_host")).to_be_focused()
    expect(gallery.locator("#id_host_error")).to_be_visible()


def test_the_theme_changes_at_once_and_stays(gallery: Page) -> None:
    gallery.get_by_role("button", name="Ines Duarte").click()
    gallery.get_by_role("menuitemradio", name="Dark").click()
    expect(gallery.locator("html")).to_have_attribute("data-theme", "dark")
    gallery.wait_for_load_state("networkidle")
    gallery.reload()
    expect(gallery.locator("html")).to_have_attribute("data-theme", "dark")
