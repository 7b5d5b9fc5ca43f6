"""Mail posted to the secret address of a mailbox: what is answered, and what is there then."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from helpdesk.lib import clock, files
from helpdesk.tenancy.models import TokenEntry, WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Outcome
from mailboxes.services.push import push_addresses, receiving
from mailboxes.services.reading import arrival_rate
from mailboxes.services.reading.polling import handle
from mailboxes.services.setup.mailboxes import ask_poll_now, delete_mailbox, pause_mailbox, resume_mailbox
from tests.factories.incoming import make_mail, process_due
from tests.mailboxes.push.conftest import Pushed
from ticketing.models import Message, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def test_a_posted_mail_is_stored_as_it_is_and_becomes_a_ticket(pushed: Pushed) -> None:
    content = make_mail(subject="Broken lamp")
    answer = pushed.post(content)
    [sighting] = pushed.sightings()
    assert (answer.status_code, answer.json()) == (202, {"id": sighting.pk})
    assert (sighting.epoch, sighting.remote_id) == ("push", hashlib.sha256(content).hexdigest())
    assert files.read(sighting.raw.storage_key) == content
    assert process_due() == 1
    [sighting] = pushed.sightings()
    assert sighting.outcome == Outcome.CREATED
    with organization_scope(pushed.mailbox.organization_id):
        assert Ticket.objects.get().subject == "Broken lamp"


def test_the_same_bytes_again_have_the_same_answer_and_no_second_ticket(pushed: Pushed) -> None:
    content = make_mail()
    first = pushed.post(content)
    process_due()
    second = pushed.post(content)
    assert (second.status_code, second.json()) == (200, first.json())
    assert len(pushed.sightings()) == len(pushed.raws()) == 1
    assert process_due() == 0


def test_another_mailbox_that_gets_the_same_bytes_has_a_delivery_of_its_own(pushed: Pushed, fernhollow: Any) -> None:
    from tests.factories.mailboxes import make_push_mailbox

    other = Pushed(*make_push_mailbox(fernhollow))
    content = make_mail()
    assert [pushed.post(content).status_code, other.post(content).status_code] == [202, 202]
    assert len(pushed.raws()) == len(other.raws()) == 1


def test_two_that_bring_the_same_bytes_at_once_get_one_answer(
    pushed: Pushed, files_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = make_mail()
    write = files.write_all_durably

    def write_while_another_is_faster(prefix: str, pieces: Any) -> list[str]:
        monkeypatch.setattr(files, "write_all_durably", write)
        receiving.receive(content, target=pushed.target)
        return write(prefix, pieces)

    monkeypatch.setattr(files, "write_all_durably", write_while_another_is_faster)
    answer = pushed.post(content)
    [sighting] = pushed.sightings()
    assert (answer.status_code, answer.json()) == (200, {"id": sighting.pk})
    [raw] = pushed.raws()
    assert sorted(path.name for path in files_in(files_folder)) == sorted(
        [raw.storage_key.rpartition("/")[2], raw.storage_key.rpartition("/")[2] + files.NOTES_SUFFIX]
    )


def files_in(folder: Path) -> list[Path]:
    """Every file below the folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def test_line_feeds_alone_are_kept_and_read(pushed: Pushed) -> None:
    content = make_mail(subject="Unix lines", text="One\nTwo\n").replace(b"\r\n", b"\n")
    assert pushed.post(content).status_code == 202
    process_due()
    [sighting] = pushed.sightings()
    assert files.read(sighting.raw.storage_key) == content
    with organization_scope(pushed.mailbox.organization_id):
        message = Message.objects.get()
        assert (message.subject, message.text.split()) == ("Unix lines", ["One", "Two"])


def test_what_is_no_mail_is_refused_with_what_to_do(pushed: Pushed) -> None:
    form = pushed.post(b"From: a@b.test", content_type="application/x-www-form-urlencoded")
    assert (form.status_code, form.json()["error"]) == (415, "content_type")
    assert "Content-Type: message/rfc822" in form.json()["detail"]
    empty = pushed.post(b"\r\n")
    assert (empty.status_code, empty.json()["error"]) == (422, "empty")
    assert pushed.client.get(pushed.address).status_code == 405
    assert pushed.raws() == []


def test_a_length_must_be_told(pushed: Pushed) -> None:
    answer = pushed.post(make_mail(), CONTENT_LENGTH="")
    assert (answer.status_code, answer.json()["error"]) == (411, "length_missing")


def test_a_mail_above_the_limit_of_the_mailbox_is_refused_by_its_number(pushed: Pushed) -> None:
    pushed.change(max_message_bytes=1000)
    answer = pushed.post(make_mail(text="x" * 1000))
    assert answer.status_code == 413
    assert answer.json() == {"error": "too_large", "detail": "This mailbox takes mails of at most 1000 bytes."}


def test_a_mailbox_may_take_more_than_a_form(pushed: Pushed) -> None:
    content = make_mail(text="x" * 27 * 1024 * 1024)
    assert pushed.post(content).status_code == 202


def test_an_address_that_never_was_leads_nowhere(pushed: Pushed) -> None:
    pushed.token = "never"
    answer = pushed.post(make_mail())
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_address")


def test_a_new_address_ends_the_old_one(pushed: Pushed) -> None:
    with organization_scope(pushed.mailbox.organization_id):
        token = push_addresses.renew_secret(pushed.mailbox)
    assert pushed.post(make_mail()).status_code == 404
    pushed.token = token
    assert pushed.post(make_mail()).status_code == 202


def test_the_addresses_of_a_deleted_mailbox_end(pushed: Pushed) -> None:
    address = push_addresses.forwarding_address(pushed.mailbox)
    assert push_addresses.find_by_address(address) == pushed.target
    with organization_scope(pushed.mailbox.organization_id):
        delete_mailbox(pushed.mailbox)
    assert pushed.post(make_mail()).status_code == 404
    assert push_addresses.find_by_address(address) is None
    assert not TokenEntry.objects.filter(row_id=pushed.mailbox.pk).exists()


def test_a_mailbox_deleted_while_its_mail_comes_down_keeps_nothing(
    pushed: Pushed, files_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = files.write_all_durably

    def write_while_it_is_deleted(prefix: str, pieces: Any) -> list[str]:
        with organization_scope(pushed.mailbox.organization_id):
            delete_mailbox(pushed.mailbox)
        return write(prefix, pieces)

    monkeypatch.setattr(files, "write_all_durably", write_while_it_is_deleted)
    assert pushed.post(make_mail()).status_code == 404
    assert (pushed.raws(), files_in(files_folder)) == ([], [])


def test_mail_for_a_paused_mailbox_is_kept_and_processed_once_it_is_resumed(pushed: Pushed) -> None:
    with organization_scope(pushed.mailbox.organization_id):
        pause_mailbox(pushed.mailbox)
    assert pushed.post(make_mail()).status_code == 202
    assert process_due() == 0
    with organization_scope(pushed.mailbox.organization_id):
        resume_mailbox(pushed.mailbox)
    assert process_due() == 1
    assert [sighting.outcome for sighting in pushed.sightings()] == [Outcome.CREATED]


def test_what_a_paused_mailbox_kept_is_processed_when_it_is_deleted(pushed: Pushed) -> None:
    with organization_scope(pushed.mailbox.organization_id):
        pause_mailbox(pushed.mailbox)
    pushed.post(make_mail())
    with organization_scope(pushed.mailbox.organization_id):
        delete_mailbox(pushed.mailbox)
    assert process_due() == 1
    assert [sighting.outcome for sighting in pushed.sightings()] == [Outcome.CREATED]


def test_without_room_on_the_disk_the_sender_is_asked_to_come_again(
    pushed: Pushed, files_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    content = make_mail()
    with monkeypatch.context() as full:
        full.setattr(os, "write", no_space)
        answer = pushed.post(content)
    assert (answer.status_code, answer.json()["error"], answer.headers["Retry-After"]) == (503, "cannot_store", "60")
    assert (pushed.sightings(), files_in(files_folder)) == ([], [])
    assert pushed.post(content).status_code == 202


def test_without_a_database_the_sender_is_asked_to_come_again(pushed: Pushed, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(receiving, "_record", gone)
    answer = pushed.post(make_mail())
    assert (answer.status_code, answer.json()["error"]) == (503, "cannot_store")


def test_more_than_a_minutes_share_is_put_off(pushed: Pushed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival_rate, "MOST_A_MINUTE", 2)
    moment = clock.now().replace(second=10)
    with clock.held_at(moment):
        codes = [pushed.post(make_mail()).status_code for _ in range(3)]
    with clock.held_at(moment.replace(year=moment.year + 1)):
        codes.append(pushed.post(make_mail()).status_code)
    assert codes == [202, 202, 429, 202]


def test_a_mail_is_taken_even_where_nobody_can_count(pushed: Pushed, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(arrival_rate, "cache", SimpleNamespace(add=away))
    assert pushed.post(make_mail()).status_code == 202


def test_posting_needs_neither_session_nor_form_token(pushed: Pushed) -> None:
    pushed.client = Client(enforce_csrf_checks=True)
    answer = pushed.post(make_mail())
    assert answer.status_code == 202
    assert answer.cookies == {}


def test_nothing_ever_polls_it(pushed: Pushed) -> None:
    from helpdesk.tenancy import work

    with organization_scope(pushed.mailbox.organization_id):
        ask_poll_now(pushed.mailbox)
        pause_mailbox(pushed.mailbox)
        resume_mailbox(pushed.mailbox)
    assert work.claim_next(WorkKind.POLL, lease_s=60) is None
    claim = work.claim_row(
        WorkKind.POLL,
        organization_id=pushed.mailbox.organization_id,
        row_id=pushed.mailbox.pk,
        lease_s=60,
        force=True,
    )
    assert claim is not None
    handle(claim)
    item = WorkItem.objects.get(kind=WorkKind.POLL)
    assert (item.succeeded_at, item.due_at > clock.in_seconds(86_400)) == (None, True)
    pushed.change()
    assert pushed.mailbox.failures_in_row == 0


def test_the_list_says_when_mail_came_last(pushed: Pushed) -> None:
    assert WorkItem.objects.get(kind=WorkKind.POLL).succeeded_at is None
    moment = clock.now()
    with clock.held_at(moment):
        pushed.post(make_mail())
    assert WorkItem.objects.get(kind=WorkKind.POLL).succeeded_at == moment
