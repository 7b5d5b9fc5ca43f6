"""The pages of the record: begun from the health page, read, taken along as text, stopped and removed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import ProtocolTrace
from mailboxes.services.liveness.tracing import recorder_of
from tests.factories.mailboxes import make_mailbox
from tests.mailboxes.pages.entering import MAILBOXES

pytestmark = [pytest.mark.django_db, pytest.mark.req("S5.29")]
XSS = "<img src=x onerror=alert(1)>"


@pytest.fixture
def mailbox(people: Any) -> Any:
    return make_mailbox(people.admin.organization)


def _say(mailbox: Any, *texts: str) -> None:
    with organization_scope(mailbox.organization_id):
        mailbox.refresh_from_db()
        recorder = recorder_of(mailbox)
        assert recorder is not None
        for text in texts:
            recorder.line("a1b2", "<", text)
        recorder.flush()


def test_it_is_begun_read_taken_along_and_removed(admin: Client, mailbox: Any) -> None:
    page = f"{MAILBOXES}{mailbox.pk}/trace/"
    assert "Nothing is recorded" in admin.get(f"{MAILBOXES}{mailbox.pk}/health/").content.decode()
    assert admin.get(f"{page}text/").status_code == 404
    assert admin.post(f"{page}start/").headers["Location"] == page
    assert "No line yet" in admin.get(page).content.decode()
    assert "is being recorded" in admin.get(f"{MAILBOXES}{mailbox.pk}/health/").content.decode()
    _say(mailbox, "* OK ready", XSS)
    shown = admin.get(page).content.decode()
    assert "a1b2 &lt; * OK ready" in shown
    assert XSS not in shown
    text = admin.get(f"{page}text/")
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert text.headers["Content-Disposition"].startswith("attachment")
    assert text.content.decode().splitlines()[0].endswith("a1b2 < * OK ready")
    admin.post(f"{page}stop/")
    assert "Stop recording" not in admin.get(page).content.decode()
    admin.post(f"{page}delete/")
    with organization_scope(mailbox.organization_id):
        assert not ProtocolTrace.objects.exists()
    assert "Nothing is recorded" in admin.get(page).content.decode()


def test_a_long_record_shows_its_end(admin: Client, mailbox: Any) -> None:
    page = f"{MAILBOXES}{mailbox.pk}/trace/"
    admin.post(f"{page}start/")
    _say(mailbox, *(f"line {number}." for number in range(700)))
    shown = admin.get(page).content.decode()
    assert "line 699." in shown
    assert "line 5." not in shown
    assert "700 lines" in shown
    assert "line 5." in admin.get(f"{page}text/").content.decode()
