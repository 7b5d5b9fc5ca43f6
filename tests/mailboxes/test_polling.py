"""Polling a real Dovecot: from the server's folder into ledger and storage, and what is done on the server after."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.lib import files
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from mailboxes.services.setup.mailboxes import update_mailbox
from tests.factories.mailboxes import PASSWORD
from tests.mailboxes.account import mail

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


@pytest.mark.both
@pytest.mark.req("S1.17", "S5.79")
def test_a_mail_is_stored_byte_for_byte_and_due_to_be_processed(account: Any) -> None:
    account.connect()
    account.deliver(1, 2)
    counts = account.poll()
    first, second = account.sightings()
    assert (counts.listed, counts.stored, counts.failed, counts.errors) == (2, 2, 0, [])
    assert files.read(first.raw.storage_key) == mail(1)
    assert first.message_id == "mail-1@example.org"
    due = WorkItem.objects.filter(kind=WorkKind.PROCESS).values_list("row_id", flat=True)
    assert {first.raw_id, second.raw_id} == set(due)


@pytest.mark.req("S5.79", "F36", "S1.16")
def test_mail_read_elsewhere_is_imported_and_polling_marks_nothing(account: Any) -> None:
    account.connect()
    account.deliver(1, 2)
    with account.server.client(account.user) as client:
        client.select_folder("INBOX")
        client.add_flags([1], [b"\\Seen"])
    assert account.poll().stored == 2
    assert [b"\\Seen".decode() in stored.flags for stored in account.server.folder_messages(account.user)] == [
        True,
        False,
    ]


@pytest.mark.req("S1.14", "S5.14")
def test_another_folder_is_watched_by_its_name(account: Any) -> None:
    account.deliver(1, folder="Kunden/Störung")
    account.deliver(2)
    account.connect(folder="Kunden/Störung", existing_mail="open")
    account.poll()
    assert [sighting.message_id for sighting in account.sightings()] == ["mail-1@example.org"]


@pytest.mark.req("S5.64")
def test_imported_mail_is_marked_as_read(account: Any) -> None:
    account.connect(after_import="seen")
    account.deliver(1)
    account.poll()
    assert [stored.flags for stored in account.server.folder_messages(account.user)] == [{"\\Seen"}]


@pytest.mark.req("F46")
def test_imported_mail_is_moved_and_nothing_else(account: Any) -> None:
    account.deliver(1)
    account.connect(after_import="move", after_import_folder="Archive")
    account.deliver(2)
    account.poll()
    left, moved = (account.server.folder_messages(account.user, name) for name in ("INBOX", "Archive"))
    assert ([stored.raw for stored in left], [stored.raw for stored in moved]) == ([mail(1)], [mail(2)])


@pytest.mark.req("S2.5")
def test_imported_mail_is_deleted_and_what_others_marked_stays(account: Any) -> None:
    account.deliver(1)
    account.connect(after_import="delete")
    with account.server.client(account.user) as client:
        client.select_folder("INBOX")
        client.add_flags([1], [b"\\Deleted"])
    account.deliver(2)
    account.poll()
    account.poll()
    assert [stored.raw for stored in account.server.folder_messages(account.user)] == [mail(1)]
    assert [sighting.ack_state for sighting in account.sightings()] == ["done"]


@pytest.mark.req("F47")
def test_a_missing_target_folder_is_a_warning_on_the_message(account: Any) -> None:
    account.connect(after_import="move", after_import_folder="Nowhere")
    account.deliver(1)
    assert account.poll().errors == []
    assert [sighting.ack_state for sighting in account.sightings()] == ["failed"]
    assert account.raw_count() == 1


@pytest.mark.both
@pytest.mark.req("F39")
def test_a_uidvalidity_change_doubles_nothing_and_brings_what_is_new(account: Any) -> None:
    account.connect()
    account.deliver(1, 2, 3)
    account.poll()
    account.server.reset_uidvalidity(account.user)
    account.deliver(4)
    counts = account.poll()
    assert (counts.stored, account.raw_count()) == (1, 4)
    assert len([sighting for sighting in account.sightings() if sighting.resighting_of_id]) == 3


@pytest.mark.both
@pytest.mark.req("F41")
def test_numbers_given_anew_under_the_old_uidvalidity_lose_and_double_nothing(account: Any) -> None:
    account.connect()
    account.deliver(1, 2, 3)
    account.poll()
    with account.server.client(account.user) as client:
        client.select_folder("INBOX")
        client.delete_messages([1])
        client.uid_expunge([1])
    account.server.reset_uidvalidity(account.user, to=int(account.mailbox().epoch))
    account.deliver(4, 5, body="Nobody has seen this before.")
    counts = account.poll()
    assert (counts.stored, account.raw_count()) == (2, 5)
    assert [row.epoch.partition("#")[2] for row in account.sightings()] == ["", "", "", "2", "2", "2", "2"]


@pytest.mark.req("F41")
def test_another_account_with_the_same_numbers_is_another_source(account: Any) -> None:
    account.connect()
    account.deliver(1)
    account.poll()
    other = f"{account.user}-other"
    account.server.add_user(other, PASSWORD)
    account.server.deliver(other, mail(2))
    account.server.reset_uidvalidity(other, to=int(account.mailbox().epoch))
    with organization_scope(account.organization.id):
        update_mailbox(account.mailbox(), account.entered(username=other))
    assert account.poll().stored == 1
    assert [(row.source_generation, row.remote_id) for row in account.sightings()] == [(1, "1"), (2, "1")]
    assert len({row.epoch for row in account.sightings()}) == 1


def test_a_wrong_password_is_said_and_healed_by_the_right_one(account: Any) -> None:
    account.connect()
    account.server.add_user(account.user, "another one")
    account.deliver(1)
    assert account.poll().errors[0].startswith("login_refused")
    assert account.mailbox().health == "unreachable"
    account.server.add_user(account.user, PASSWORD)
    assert account.poll().stored == 1
    assert account.mailbox().health == "reachable"


@pytest.mark.req("F69")
def test_a_folder_that_is_gone_is_said_and_nothing_is_lost_when_it_returns(account: Any) -> None:
    account.deliver(1, folder="Work")
    account.connect(folder="Work", existing_mail="open")
    account.poll()
    account.server.deliver(account.user, mail(2), folder="Work")
    with account.server.client(account.user) as client:
        client.rename_folder("Work", "Elsewhere")
    assert account.poll().errors[0].startswith("folder_not_found")
    with account.server.client(account.user) as client:
        client.rename_folder("Elsewhere", "Work")
    assert account.poll().stored == 1
    assert account.raw_count() == 2


def test_a_renamed_folder_chosen_again_doubles_nothing(account: Any) -> None:
    account.deliver(1, folder="Work")
    account.connect(folder="Work", existing_mail="open")
    account.poll()
    with account.server.client(account.user) as client:
        client.rename_folder("Work", "Elsewhere")
    account.server.deliver(account.user, mail(2), folder="Elsewhere")
    with organization_scope(account.organization.id):
        update_mailbox(account.mailbox(), account.entered(folder="Elsewhere", existing_mail="open"))
    account.poll()
    assert account.raw_count() == 2


@pytest.mark.req("F69")
def test_a_server_that_is_down_is_said_and_catches_up(account: Any) -> None:
    account.connect()
    account.server.kill()
    account.deliver(1)
    assert account.poll().errors == ["unreachable"]
    account.server.revive()
    assert account.poll().stored == 1


def test_a_mailbox_of_another_organization_cannot_be_seen(account: Any, otherco: Any) -> None:
    account.connect()
    with organization_scope(otherco.id):
        assert not Mailbox.objects.exists()
