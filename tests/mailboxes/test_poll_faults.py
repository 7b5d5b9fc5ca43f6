"""A network and a disk that fail while mail comes in: nothing is lost, nothing doubled, and the cause is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.services.reading import fetch_batch, fetching, inbox
from mailboxes.services.reading.foreground import Busy, poll_now
from tests.full_disk import largest_file

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
MAILS = range(1, 31)


def stored_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.req("F69", "F3")
@pytest.mark.parametrize("kind", ["cut", "stall", "garbage"])
@pytest.mark.parametrize("after_bytes", [0, 2500, 30_000])
def test_a_line_that_fails_loses_and_doubles_nothing(
    account: Any, mail_settings: Any, tcp_proxy: Any, kind: str, after_bytes: int
) -> None:
    proxy = tcp_proxy(account.server.imaps_port)
    account.connect(port=proxy.port)
    for number in MAILS:
        account.deliver(number, body=f"{number} " * 1000)
    proxy.fail(kind, after_bytes=after_bytes)
    mail_settings.MAIL_READ_TIMEOUT_S = 0.5  # only a stalled line waits so long
    account.poll()
    mail_settings.MAIL_READ_TIMEOUT_S = 60.0
    proxy.heal()
    proxy.cut_all()
    account.poll()
    assert [sighting.outcome for sighting in account.sightings()] == ["pending"] * len(MAILS)
    assert account.raw_count() == len(MAILS)


@pytest.mark.req("F69")
def test_trouble_with_the_line_counts_against_no_message(account: Any, tcp_proxy: Any) -> None:
    proxy = tcp_proxy(account.server.imaps_port)
    account.connect(port=proxy.port)
    account.deliver(1, 2, 3)
    proxy.fail("cut", after_bytes=0)
    for _ in range(4):
        assert account.poll().errors
    proxy.heal()
    assert account.poll().stored == 3


@pytest.mark.req("F69")
def test_a_server_restarted_in_the_middle_goes_on(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "BATCH_MESSAGES", 5)
    monkeypatch.setattr(fetch_batch.faults, "point", _restart_at(account, "poll.fetched"))
    account.connect()
    account.deliver(*MAILS)
    account.poll()
    account.poll()
    assert account.raw_count() == len(MAILS)


def _restart_at(account: Any, name: str) -> Any:
    """The server restarts the first time this point is reached."""
    left = [name]

    def point(reached: str) -> None:
        if reached in left:
            left.remove(reached)
            account.server.restart()

    return point


@pytest.mark.both
@pytest.mark.req("F51")
def test_a_full_disk_tells_the_server_nothing_and_leaves_no_half_file(account: Any, mail_settings: Any) -> None:
    account.connect(after_import="delete")
    account.deliver(1)
    account.deliver(2, body="x" * 50_000)
    with largest_file(20_000):
        counts = account.poll()
        account.poll()
    assert counts.errors[0].startswith("disk_full")
    assert account.mailbox().error_reason == "disk_full"
    assert stored_files(Path(mail_settings.MEDIA_ROOT)) == []
    assert len(account.server.folder_messages(account.user)) == 2
    account.poll()
    account.poll()
    assert (account.raw_count(), account.server.folder_messages(account.user)) == (2, [])


@pytest.mark.req("F51")
def test_a_data_folder_that_cannot_be_written_stops_nothing_for_good(account: Any, mail_settings: Any) -> None:
    folder = Path(mail_settings.MEDIA_ROOT)
    folder.write_text("not a folder")
    account.connect(after_import="seen")
    account.deliver(1)
    for _ in range(5):
        account.poll()
    assert account.mailbox().error_reason == "storage_unwritable"
    assert account.sightings()[0].fetch_attempts == 0
    assert [stored.flags for stored in account.server.folder_messages(account.user)] == [frozenset()]
    folder.unlink()
    assert account.poll().stored == 1


@pytest.mark.req("F31")
def test_a_poll_that_lost_its_lease_writes_no_row_and_leaves_no_file(
    account: Any, mail_settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(name: str) -> None:
        if name == "poll.files_durable":
            held = {"generation": 99, "leased_until": clock.in_seconds(600)}
            WorkItem.objects.filter(kind=WorkKind.POLL).update(**held)

    account.connect()
    account.deliver(1)
    monkeypatch.setattr(inbox.faults, "point", lose)
    with pytest.raises(Busy):
        poll_now(account.mailbox_id, is_processed=False, wait_s=0)
    assert stored_files(Path(mail_settings.MEDIA_ROOT)) == []
    assert account.raw_count() == 0
