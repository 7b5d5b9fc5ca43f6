"""A mail that cannot be brought in ends where a person sees it, and the others go on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg.errors as pg
import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from helpdesk.lib import clock, files
from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.models import Outcome, RawMessage, RawState, RemoteMessage
from tests.factories.incoming import make_mail, process_due, receive, store
from tests.full_disk import largest_file
from ticketing.inbound import failures, process
from ticketing.models import Blob, Message, Ticket
from ticketing.reason_words import reason_words
from ticketing.services.intake_retry import NotInQuarantine, retry_raw

pytestmark = [pytest.mark.django_db, pytest.mark.both]
ODD = b"an odd mail"


@pytest.fixture
def odd(support: Any, monkeypatch: Any) -> Any:
    """A stored mail at which the pipeline itself fails."""
    real = process.make_envelope

    def fail(delivery: Any, *, mail: Any, **more: Any) -> Any:
        if ODD.decode() in mail.text:
            raise LookupError("a mistake of ours")
        return real(delivery, mail=mail, **more)

    monkeypatch.setattr(process, "make_envelope", fail)
    return store(support, b"From: a@b.test\r\nSubject: odd\r\n\r\n" + ODD + b"\r\n")


def process_later(*, minutes: int) -> None:
    with clock.held_at(clock.now() + timedelta(minutes=minutes)):
        process_due()


@pytest.mark.req("F9", "F38")
def test_a_poison_mail_is_in_quarantine_after_three_tries(odd: Any) -> None:
    for minutes in (0, 5, 10):
        process_later(minutes=minutes)
    odd.refresh_from_db()
    seen = RemoteMessage.objects.get()
    assert (odd.state, seen.outcome, seen.reason_code) == (RawState.QUARANTINED, Outcome.FAILED, "quarantined")
    assert "failed 3 times, the last time with LookupError: a mistake of ours" in reason_words(seen)
    assert not WorkItem.objects.exclude(kind=WorkKind.NOTIFY).exists()  # that is the mail to the admins


@pytest.mark.req("F1", "F8")
def test_the_mails_behind_a_poison_mail_go_on(odd: Any, support: Any) -> None:
    (seen,) = receive(support, make_mail())
    odd.refresh_from_db()
    assert seen.outcome == Outcome.CREATED
    assert (odd.state, odd.error) == (RawState.PENDING, "LookupError: a mistake of ours")


def test_a_failed_try_pauses_before_the_next(odd: Any) -> None:
    process_due()
    process_due()
    assert WorkItem.objects.get().attempts == 1


def test_a_mail_that_killed_its_worker_three_times_is_in_quarantine(support: Any) -> None:
    raw = store(support, make_mail())
    WorkItem.objects.update(attempts=3)
    process_due()
    raw.refresh_from_db()
    assert raw.state == RawState.QUARANTINED
    assert "died 3 times" in reason_words(RemoteMessage.objects.get())
    assert not Ticket.objects.exists()


def test_a_missing_file_is_a_failed_verdict(support: Any) -> None:
    raw = store(support, make_mail())
    files.discard([raw.storage_key])
    process_due()
    seen = RemoteMessage.objects.get()
    assert (seen.outcome, seen.reason_code) == (Outcome.FAILED, "file_missing")


def test_a_storage_that_is_not_mounted_puts_off_and_counts_no_try(support: Any, settings: Any, tmp_path: Any) -> None:
    raw = store(support, make_mail())
    mounted, settings.MEDIA_ROOT = settings.MEDIA_ROOT, tmp_path / "nothing-here"
    process_due()
    raw.refresh_from_db()
    assert (raw.state, WorkItem.objects.get().attempts) == (RawState.PENDING, 0)
    settings.MEDIA_ROOT = mounted
    WorkItem.objects.update(due_at=clock.now())
    process_due()
    assert Ticket.objects.count() == 1


@pytest.mark.req("F51")
def test_a_full_disk_puts_off_and_counts_no_try(support: Any) -> None:
    raw = store(support, make_mail(files=[("a.pdf", b"a" * 30_000)]))
    with largest_file(20_000):
        process_due()
    raw.refresh_from_db()
    assert (raw.state, WorkItem.objects.get().attempts) == (RawState.PENDING, 0)
    assert raw.error == "StorageDown: File too large"
    process_later(minutes=5)
    raw.refresh_from_db()
    assert raw.state == RawState.DONE


def of_the_database(cause: Exception) -> OperationalError:
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


def full_file() -> sqlite3.Error:
    """What SQLite says when its file cannot grow."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript("PRAGMA max_page_count = 3; CREATE TABLE t (x)")
        with pytest.raises(sqlite3.OperationalError) as full:
            database.execute("INSERT INTO t VALUES (zeroblob(100000))")
    return full.value


def file_that_is_only_read(folder: Path) -> sqlite3.Error:
    """What SQLite says when its file may not be written."""
    sqlite3.connect(folder / "db").close()
    database = sqlite3.connect(f"file:{folder / 'db'}?mode=ro", uri=True)
    with closing(database), pytest.raises(sqlite3.OperationalError) as refused:
        database.execute("CREATE TABLE t (x)")
    return refused.value


@pytest.mark.req("F51")
def test_trouble_of_the_database_as_a_whole_is_no_mails_fault(tmp_path: Path) -> None:
    causes = [full_file(), file_that_is_only_read(tmp_path)]
    causes += [pg.DiskFull(), pg.AdminShutdown(), pg.DeadlockDetected(), pg.OperationalError("connection lost")]
    assert [cause for cause in causes if not failures.is_outage(of_the_database(cause))] == []


def test_a_mistake_of_ours_in_the_database_is_none_of_it() -> None:
    with closing(sqlite3.connect(":memory:")) as database, pytest.raises(sqlite3.OperationalError) as wrong:
        database.execute("SELECT nothing FROM nowhere")
    assert not failures.is_outage(of_the_database(wrong.value))
    assert not failures.is_outage(of_the_database(pg.UndefinedColumn()))


def test_a_retried_mail_gets_three_fresh_tries(odd: Any, people: Any, monkeypatch: Any) -> None:
    from helpdesk.accounts.models import AuditEntry

    for minutes in (0, 5, 10):
        process_later(minutes=minutes)
    monkeypatch.undo()
    retry_raw(odd, actor=people.agent)
    assert RemoteMessage.objects.get().outcome == Outcome.PENDING
    process_due()
    assert RemoteMessage.objects.get().outcome == Outcome.CREATED
    assert AuditEntry.objects.get(action="mail.retried").actor == people.agent


def test_a_mail_that_has_a_verdict_is_not_retried(support: Any, people: Any) -> None:
    receive(support, make_mail())
    with pytest.raises(NotInQuarantine):
        retry_raw(RawMessage.objects.get(), actor=people.agent)


def test_a_worker_past_its_lease_writes_nothing(support: Any) -> None:
    raw = store(support, make_mail())
    late = work.claim_next(WorkKind.PROCESS, lease_s=60)
    assert late is not None
    with clock.held_at(clock.now() + timedelta(seconds=61)):
        work.claim_next(WorkKind.PROCESS, lease_s=60)
        with pytest.raises(work.LeaseLost):
            process.process_raw(late)
    assert not Message.objects.exists()
    raw.refresh_from_db()
    assert raw.state == RawState.PENDING


def test_work_that_comes_twice_makes_one_message(support: Any) -> None:
    raw = store(support, make_mail())
    process_due()
    work.enqueue(WorkKind.PROCESS, organization_id=support.organization_id, row_id=raw.id)
    process_due()
    assert (Message.objects.count(), WorkItem.objects.count()) == (1, 0)


@pytest.mark.parametrize(("mail", "most"), [({}, 12), ({"files": [("a.pdf", b"a")]}, 17), ({"answers": "m0@x"}, 17)])
def test_a_mail_costs_a_fixed_number_of_queries(support: Any, mail: dict[str, Any], most: int) -> None:
    receive(support, make_mail(message_id="m0@x"))
    store(support, make_mail(**mail))
    claim = work.claim_next(WorkKind.PROCESS, lease_s=60)
    assert claim is not None
    with CaptureQueriesContext(
        connection,
    ) as captured:
        process.process_raw(claim)
    statements = [q["sql"] for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "SELECT set_config"))]
    limit = most if connection.vendor == "postgresql" else most + 10
    assert len(statements) <= limit, "\n".join(statements)


def test_files_written_for_nothing_are_removed(support: Any) -> None:
    mail = make_mail(message_id="twice@x.test", files=[("a.pdf", b"once")])
    receive(support, mail, mail)
    assert Blob.objects.count() == 1
