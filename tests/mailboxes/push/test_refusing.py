"""Mail that is brought while storage or database are away: senders come again, and the mailbox's health says why."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as operators_mail
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from helpdesk.lib import clock, files
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Health, HealthSpan
from mailboxes.services.push import refusing
from mailboxes.services.push.push_addresses import renew_secret
from mailboxes.services.push.refusing import Refusals
from mailboxes.services.setup.mailboxes import pause_mailbox, resume_mailbox
from tests.factories.incoming import make_mail, process_due
from tests.mailboxes.pages.entering import MAILBOXES
from tests.mailboxes.push.conftest import Pushed

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture(autouse=True)
def own_refusals(monkeypatch: pytest.MonkeyPatch) -> Refusals:
    """What this process refused belongs to one test."""
    own = Refusals()
    for place in ("refusing", "receiving"):
        monkeypatch.setattr(f"mailboxes.services.push.{place}.refusals", own)
    monkeypatch.setattr("mailboxes.views.push.refusals", own)
    return own


@contextmanager
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def no_space(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", no_space)
        yield


@contextmanager
def no_database(monkeypatch: pytest.MonkeyPatch, *, at: str = "mailboxes.views.push.find_by_token") -> Iterator[None]:
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("the connection is closed")

    with monkeypatch.context() as patched:
        patched.setattr(at, gone)
        yield


def spans(pushed: Pushed) -> list[tuple[str, str, int, bool]]:
    """State, reason, tries and whether it is open, in the order of time."""
    with organization_scope(pushed.mailbox.organization_id):
        rows = HealthSpan.objects.filter(mailbox=pushed.mailbox).order_by("from_at", "id")
        return [(row.state, row.reason, row.tries, row.until_at is None) for row in rows]


def look(after_s: float = 0) -> None:
    """The workers look at what is due in so many seconds."""
    with clock.held_at(clock.in_seconds(after_s)):
        drains.drain_now(WorkKind.POLL)


@pytest.mark.req("S4.54", "S4.57")
def test_without_room_the_mailbox_is_unreachable_and_back_with_the_next_mail(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = make_mail()
    with full_disk(monkeypatch):
        assert pushed.post(content).status_code == 503
    pushed.change()
    assert (pushed.mailbox.health, pushed.mailbox.error_reason) == (Health.UNREACHABLE, "disk_full")
    assert pushed.mailbox.failing_since is not None
    assert pushed.post(content).status_code == 202
    pushed.change()
    assert (pushed.mailbox.health, pushed.mailbox.error_reason) == (Health.REACHABLE, "")
    assert spans(pushed) == [("unreachable", "disk_full", 1, False), ("reachable", "", 0, True)]
    assert len(pushed.raws()) == 1


def test_a_flood_of_refused_mail_is_written_down_once_a_minute(pushed: Pushed, monkeypatch: pytest.MonkeyPatch) -> None:
    with full_disk(monkeypatch):
        pushed.post(make_mail())
        with CaptureQueriesContext(
            connection,
        ) as asked:
            for _ in range(20):
                assert pushed.post(make_mail()).status_code == 503
    written = [query["sql"] for query in asked.captured_queries if not query["sql"].startswith("SELECT")]
    assert [sql for sql in written if "mailboxes_" in sql or "tenancy_workitem" in sql] == []
    pushed.change()
    assert pushed.mailbox.failures_in_row == 1


@pytest.mark.req("S4.58", "S4.59")
def test_the_storage_is_tried_each_minute_and_admins_hear_of_both(
    pushed: Pushed, people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with full_disk(monkeypatch):
        pushed.post(make_mail())
        look(61)
        look(122)
        drains.drain_now(WorkKind.NOTIFY)
    [outage] = operators_mail.outbox
    assert outage.subject == "Mailbox Support EU cannot be reached"
    assert "The disk of this installation is full" in outage.body
    assert "asked to come again" in outage.body
    look(183)
    drains.drain_now(WorkKind.NOTIFY)
    pushed.change()
    assert pushed.mailbox.health == Health.REACHABLE
    assert operators_mail.outbox[1].subject == "Mailbox Support EU works again"
    item = WorkItem.objects.get(kind=WorkKind.POLL)
    assert (item.succeeded_at, item.due_at > clock.in_seconds(86_400)) == (None, True)


def test_room_for_less_than_the_largest_mail_is_no_room_yet(pushed: Pushed, monkeypatch: pytest.MonkeyPatch) -> None:
    with full_disk(monkeypatch):
        pushed.post(make_mail())
    pushed.change(max_message_bytes=10**18)
    look(61)
    pushed.change()
    assert (pushed.mailbox.health, pushed.mailbox.failures_in_row) == (Health.UNREACHABLE, 2)


def test_a_paused_mailbox_is_not_looked_at_before_it_is_resumed(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    with full_disk(monkeypatch):
        pushed.post(make_mail())
    with organization_scope(pushed.mailbox.organization_id):
        pushed.mailbox.refresh_from_db()
        pause_mailbox(pushed.mailbox)
    look(61)
    pushed.change()
    assert pushed.mailbox.health == Health.UNREACHABLE
    with organization_scope(pushed.mailbox.organization_id):
        resume_mailbox(pushed.mailbox)
    look(1)
    pushed.change()
    assert pushed.mailbox.health == Health.REACHABLE


@pytest.mark.req("S4.54")
def test_the_list_says_since_when_why_and_that_senders_come_again(
    pushed: Pushed, people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with full_disk(monkeypatch):
        pushed.post(make_mail())
    admin = Client()
    admin.force_login(people.admin.user)
    listed = admin.get(MAILBOXES).content.decode()
    for words in ("Unreachable", "The disk of this installation is full", "Senders are asked to come again"):
        assert words in listed
    assert "Test connection" not in listed
    health = admin.get(f"{MAILBOXES}{pushed.mailbox.pk}/health/").content.decode()
    assert "room for the largest mail" in health


@pytest.mark.parametrize("at", ["mailboxes.views.push.find_by_token", "mailboxes.services.push.receiving._record"])
def test_a_time_without_database_stands_in_the_history_once_it_is_back(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    content, began = make_mail(), clock.now()
    pushed.post(make_mail())
    with clock.held_at(began + timedelta(minutes=5)), no_database(monkeypatch, at=at):
        answers = [pushed.post(content).status_code for _ in range(3)]
    assert answers == [503, 503, 503]
    with clock.held_at(began + timedelta(minutes=20)):
        assert pushed.post(content).status_code == 202
        assert pushed.post(make_mail()).status_code == 202
    process_due()
    assert len(pushed.raws()) == 3
    assert spans(pushed)[-2:] == [("unreachable", "database_away", 3, False), ("reachable", "", 0, True)]
    with organization_scope(pushed.mailbox.organization_id):
        away = HealthSpan.objects.get(reason="database_away")
        assert (away.from_at, away.until_at) == (began + timedelta(minutes=5), began + timedelta(minutes=20))
        pushed.mailbox.refresh_from_db()
        assert pushed.mailbox.health_since == away.until_at


def test_two_processes_that_refused_make_one_line(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch, own_refusals: Refusals
) -> None:
    other, began = Refusals(), clock.now()
    with clock.held_at(began + timedelta(minutes=5)):
        own_refusals.note(pushed.target)
        other.note(pushed.target)
        other.note(pushed.target)
    with clock.held_at(began + timedelta(minutes=9)):
        own_refusals.write_down()
        other.write_down()
    assert spans(pushed) == [("unreachable", "database_away", 3, False), ("reachable", "", 0, True)]


def test_what_cannot_be_shown_yet_is_kept_and_what_leads_nowhere_is_not(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch, own_refusals: Refusals
) -> None:
    with no_database(monkeypatch):
        pushed.post(make_mail())
    with no_database(monkeypatch, at="mailboxes.services.push.refusing.insert_outage"):
        pushed.post(make_mail())
    assert [span for span in spans(pushed) if span[1]] == []
    with organization_scope(pushed.mailbox.organization_id):
        token = renew_secret(pushed.mailbox)
    pushed.token = token
    assert pushed.post(make_mail()).status_code == 202
    assert [span for span in spans(pushed) if span[1]] == []
    assert own_refusals._kept == {}


def test_no_more_addresses_are_remembered_than_fit(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch, own_refusals: Refusals
) -> None:
    monkeypatch.setattr(refusing, "MAX_ADDRESSES", 2)
    with no_database(monkeypatch):
        for number in range(5):
            pushed.token = f"token-{number}"
            pushed.post(make_mail())
    assert len(own_refusals._kept) == 2


def test_a_storage_that_is_tried_is_left_as_it_was(pushed: Pushed, files_folder: Any) -> None:
    files.try_out(size_bytes=1)
    assert [path for path in files_folder.rglob("*") if path.is_file()] == []
