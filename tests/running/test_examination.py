"""What `doctor` finds."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings

from helpdesk.celery import app
from helpdesk.lib import clock
from helpdesk.running.examination import Grade, examine
from helpdesk.spam_daemon.values import Daemon, Kind
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkItem, WorkKind

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def problems(area: str) -> list[str]:
    return [f.sentence for f in examine() if f.area == area and f.grade is not Grade.OK]


@pytest.mark.parametrize("area", ["database", "keys", "storage", "work"])
def test_a_sound_installation_has_no_problem(fernhollow: Any, area: str) -> None:
    assert problems(area) == []


def test_work_that_is_long_due_is_named(fernhollow: Any) -> None:
    work.enqueue(WorkKind.POLL, organization_id=fernhollow.id, row_id=1, due_at=clock.now() - timedelta(hours=1))
    assert "poll" in problems("work")[0]


def test_a_missing_installation_key_is_named(fernhollow: Any, settings: LazySettings) -> None:
    settings.ENCRYPTION_KEYS = "other1:" + "A" * 43 + "="
    assert "Add it back" in problems("keys")[0]


def test_no_host_names_is_a_problem(db: None, settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = []
    assert any("ALLOWED_HOSTS" in sentence for sentence in problems("settings"))


def test_a_broker_without_workers_is_a_problem(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drains, "_SWEPT_KEY", "work:swept-at:nobody")  # other tests sweep in the same cache
    assert problems("broker")


def test_a_spam_daemon_that_does_not_answer_is_a_warning_and_none_is_none(db: None, settings: LazySettings) -> None:
    assert problems("spam") == []
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.SPAM_DAEMON = Daemon(Kind.RSPAMD, "127.0.0.1", probe.getsockname()[1])
        [found] = [found for found in examine() if found.area == "spam"]
    assert found.grade is Grade.WARNING
    assert "Rspamd at 127.0.0.1" in found.sentence


def test_the_embedded_broker_is_known_without_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with app.connection_for_write() as broker:
        known = broker.info()
    assert (known["transport"], caplog.messages) == ("files", [])


def test_work_that_broke_is_named_with_its_cause_and_what_to_do(fernhollow: Any) -> None:
    work.enqueue(WorkKind.FILE_SENT, organization_id=fernhollow.id, row_id=7)
    claim = work.claim_next(WorkKind.FILE_SENT, lease_s=60)
    assert claim is not None
    work.note_broken(claim, cause="KeyError in mailboxes/services/sending/filing.py:118")
    (sentence,) = problems("work")
    assert "file_sent row 7 of fernhollow broke 1x since" in sentence
    assert "KeyError in mailboxes/services/sending/filing.py:118" in sentence
    assert "work.broke" in sentence


def test_work_that_keeps_failing_is_counted_with_where_to_look(fernhollow: Any) -> None:
    work.enqueue(WorkKind.POLL, organization_id=fernhollow.id, row_id=1)
    WorkItem.objects.update(attempts=4, due_at=clock.in_seconds(60))
    assert problems("work") == ["1 poll rows of fernhollow failed more than 3 times. The mailbox list says why."]


def test_whatever_keeps_failing_the_doctor_knows_where_to_look(fernhollow: Any) -> None:
    items = [
        WorkItem(
            kind=kind,
            organization_id=fernhollow.id,
            row_id=1,
            due_at=clock.in_seconds(60),
            set_at=clock.now(),
            attempts=4,
        )
        for kind in WorkKind
    ]
    WorkItem.objects.bulk_create(items)
    assert sum("failed more than 3 times. The " in said or "Is " in said for said in problems("work")) == len(WorkKind)
