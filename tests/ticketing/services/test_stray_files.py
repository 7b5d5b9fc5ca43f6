"""Files that no row points to are found and removed in two steps; nothing else ever is."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import InMemoryStorage, Storage, default_storage
from django.core.management import CommandError, call_command

from helpdesk.accounts.models import Organization
from helpdesk.lib import clock, files
from helpdesk.running.examination import Grade, examine
from helpdesk.tenancy import drains, stray_files, work
from helpdesk.tenancy.models import FileSweep, StrayFile, WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import OutboxMessage, RawMessage
from tests.factories.incoming import make_mail, process_due, store
from tests.factories.outgoing import make_mailbox, make_outgoing_server, queue_mail
from ticketing.models import Attachment, Blob
from ticketing.outbound.content import store_blobs

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
START = datetime.fromisoformat("2026-03-02T12:00:00+00:00")


@pytest.fixture(autouse=True)
def begun(settings: Any, tmp_path: Path, fernhollow: Any, otherco: Any) -> None:
    """Both organizations were made before the first file."""
    settings.MEDIA_ROOT = tmp_path / "files"
    Organization.objects.update(created_at=START)


def day(number: float) -> Any:
    return clock.held_at(START + timedelta(days=number))


def sweep(number: float) -> None:
    """The workers did all that was due on that day."""
    with day(number):
        work.enqueue_standing(WorkKind.SWEEP_FILES)
        WorkItem.objects.filter(kind=WorkKind.SWEEP_FILES).update(due_at=clock.now(), set_at=clock.now())
        drains.drain_now(WorkKind.SWEEP_FILES)


def strays(organization: Any, *, folder: str = "raw", count: int = 1) -> list[str]:
    """Files of day 0 as a worker leaves them that dies before its commit."""
    pieces = [files.Piece(b"content", note={"n": number} if folder == "raw" else None) for number in range(count)]
    with day(0):
        return files.write_all_durably(f"{folder}/{organization.id}", pieces)


def there(*keys: str) -> list[bool]:
    return [default_storage.exists(key) for key in keys]


@pytest.mark.parametrize("folder", ["raw", "blobs", "outbox"])
def test_a_file_without_a_row_is_marked_and_a_week_later_removed(fernhollow: Any, folder: str) -> None:
    (key,) = strays(fernhollow, folder=folder)
    sweep(3)
    assert list(StrayFile.objects.values_list("key", flat=True).exclude(key__contains="notes")) == [key]
    sweep(9.9)
    assert there(key) == [True]
    sweep(10.1)
    assert there(key, key + files.NOTES_SUFFIX) == [False, False]
    assert not StrayFile.objects.exists()


def test_young_files_are_not_even_looked_at(fernhollow: Any) -> None:
    strays(fernhollow)
    sweep(2.4)
    assert not StrayFile.objects.exists()


def test_what_rows_point_to_is_never_marked(fernhollow: Any) -> None:
    with day(0), organization_scope(fernhollow.id):
        server = make_outgoing_server()
        mailbox = make_mailbox(server)
        store(mailbox, make_mail(files=[("plan.pdf", b"the plan")]))
        queue_mail(server, mailbox=mailbox)
    with day(0):
        process_due()
    sweep(40)
    sweep(80)
    with organization_scope(fernhollow.id):
        rows = [*RawMessage.objects.all(), *OutboxMessage.objects.all(), *Blob.objects.all()]
        assert len(rows) == 3
    assert all(there(*(row.storage_key for row in rows)))
    assert not StrayFile.objects.exists()


def test_a_file_that_a_row_points_to_again_is_kept(fernhollow: Any) -> None:
    (key,) = strays(fernhollow, folder="blobs")
    sweep(3)
    with organization_scope(fernhollow.id):
        blob = Blob.objects.create(sha256="a" * 64, size_bytes=7, storage_key=key, created_at=START)
        Attachment.objects.create(blob=blob, filename="a", content_type="text/plain", created_at=START)
    sweep(11)
    assert there(key) == [True]
    assert not StrayFile.objects.exists()


def test_a_row_of_another_organization_keeps_nothing(fernhollow: Any, otherco: Any) -> None:
    (key,) = strays(fernhollow, folder="blobs")
    with organization_scope(otherco.id):
        Blob.objects.create(sha256="a" * 64, size_bytes=7, storage_key=key, created_at=START)
    sweep(3)
    sweep(11)
    assert there(key) == [False]


def test_notes_stay_as_long_as_one_of_their_mails(fernhollow: Any) -> None:
    first, second = strays(fernhollow, count=2)
    with day(0), organization_scope(fernhollow.id):
        raw = store(make_mailbox(), make_mail())
        RawMessage.objects.filter(id=raw.id).update(storage_key=second)
    sweep(3)
    sweep(11)
    assert there(first, second, first + files.NOTES_SUFFIX) == [False, True, True]


def test_a_worker_past_its_lease_removes_nothing(fernhollow: Any) -> None:
    (key,) = strays(fernhollow)
    sweep(3)
    with day(11):
        WorkItem.objects.update(due_at=clock.now())
        late = work.claim_next(WorkKind.SWEEP_FILES, lease_s=600)
        assert late is not None
        WorkItem.objects.update(generation=late.generation + 1)
        with pytest.raises(work.LeaseLost):
            stray_files.handle(late)
    assert there(key) == [True]


def test_what_is_older_than_the_organization_is_left_alone(fernhollow: Any) -> None:
    (key,) = strays(fernhollow)
    Organization.objects.update(created_at=START + timedelta(days=1))
    sweep(30)
    assert (there(key), StrayFile.objects.exists()) == ([True], False)


def test_too_many_at_once_are_kept_until_a_person_accepts(fernhollow: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stray_files, "MANY", 3)
    keys = strays(fernhollow, folder="blobs", count=4)
    sweep(3)
    assert not StrayFile.objects.exists()
    (finding,) = [f for f in examine() if f.area == "storage" and f.grade is Grade.WARNING and "too many" in f.sentence]
    assert "4 files of fernhollow" in finding.sentence
    out = StringIO()
    with day(3):
        call_command("sweep_files", "--organization", "fernhollow", "--accept-many", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"marked": 4, "held": 0}
    sweep(11)
    assert not any(there(*keys))


def test_a_round_looks_at_each_day_once_and_begins_again_after_a_month(fernhollow: Any) -> None:
    sweep(3)
    strays(fernhollow)
    sweep(4)
    assert StrayFile.objects.exists()
    StrayFile.objects.all().delete()
    sweep(20)
    assert not StrayFile.objects.exists()
    sweep(34)
    sweep(35)
    assert StrayFile.objects.exists()


class Unlistable(InMemoryStorage):
    """A storage whose interface has no list."""

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        raise NotImplementedError


@pytest.fixture
def stored_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Storage], None]:
    """The files of this test are in another storage than a folder."""
    return lambda storage: monkeypatch.setattr(default_storage, "_wrapped", storage)


def test_another_storage_is_swept_too(fernhollow: Any, stored_in: Callable[[Storage], None]) -> None:
    stored_in(InMemoryStorage())
    (key,) = strays(fernhollow)
    sweep(3)
    sweep(11)
    assert there(key) == [False]


def test_a_storage_that_cannot_list_keeps_everything_and_says_so(
    fernhollow: Any, stored_in: Callable[[Storage], None]
) -> None:
    stored_in(Unlistable())
    strays(fernhollow)
    sweep(3)
    assert FileSweep.objects.get(organization=fernhollow).trouble == "NotImplementedError"
    assert any("cannot be listed" in finding.sentence for finding in examine())


def test_a_file_that_nothing_shows_any_more_goes_after_two_graces(fernhollow: Any) -> None:
    with day(0), organization_scope(fernhollow.id):
        store_blobs({"a" * 64: b"uploaded, then removed from the draft"})
        blob = Blob.objects.get()
    sweep(3)
    with day(8), organization_scope(fernhollow.id):
        assert store_blobs({"a" * 64: b"used for a moment"}) == {"a" * 64: blob.id}
    sweep(11)
    sweep(17)
    with organization_scope(fernhollow.id):
        assert Blob.objects.exists()
    sweep(19)
    with organization_scope(fernhollow.id):
        assert not Blob.objects.exists()
    sweep(20)
    assert there(blob.storage_key) == [True]
    sweep(27)
    assert there(blob.storage_key) == [False]


def test_doctor_counts_what_waits_to_be_removed(fernhollow: Any) -> None:
    strays(fernhollow, folder="blobs", count=2)
    sweep(3)
    assert any(finding.sentence.startswith("2 files of workers that died") for finding in examine())


def test_the_command_names_an_organization_it_does_not_know(fernhollow: Any) -> None:
    with pytest.raises(CommandError, match="no organization 'nowhere'"):
        call_command("sweep_files", "--organization", "nowhere")


def test_every_organization_gets_its_sweep_with_a_beat(fernhollow: Any, otherco: Any) -> None:
    drains.sweep()
    kind = WorkItem.objects.filter(kind=WorkKind.SWEEP_FILES)
    assert set(kind.values_list("row_id", flat=True)) == {fernhollow.id, otherco.id}
