"""Files that are too large never travel, and a refusal of the server is read in its own words."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from helpdesk.tenancy.models import WorkKind
from tests.browser.conftest import Desk
from tests.browser.test_whole_path import connect_mailbox, set_up_organization
from ticketing.services.uploads import MAX_FILE_MB

pytestmark = pytest.mark.browser


def test_a_file_over_the_limit_is_refused_before_it_is_sent(quiet_page: Page, desk: Desk, tmp_path: Path) -> None:
    set_up_organization(quiet_page, desk)
    connect_mailbox(quiet_page, desk)
    desk.work(WorkKind.POLL)
    desk.write("Stove valve hisses", "It hisses.")
    desk.work(WorkKind.POLL, WorkKind.PROCESS, later_s=3600)
    large = tmp_path / "film.mp4"
    with large.open("wb") as file:
        file.truncate(MAX_FILE_MB * 1024 * 1024 + 1)
    sent: list[str] = []
    quiet_page.on("request", lambda request: sent.append(request.url) if "/files/" in request.url else None)
    quiet_page.goto(f"{desk.url}/o/fernhollow/tickets/1/")
    quiet_page.locator("input[type=file][data-upload-url]").first.set_input_files(large)
    expect(quiet_page.get_by_text(f"film.mp4 is too large. The limit is {MAX_FILE_MB} MB.")).to_be_visible()
    assert sent == []
