"""What the ledger makes of servers that number anew, show late, show twice, or cannot give a message."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from helpdesk.lib import clock, files
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.ledger_words import ledger_words
from mailboxes.models import Outcome
from mailboxes.services.mailboxes import update_mailbox
from mailboxes.services.retrying import NothingToFetch, fetch_again
from tests.factories.mailboxes import mailbox_input
from tests.mailboxes.account import mail

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def words(sighting: Any) -> str:
    """The ledger's reason as a sentence."""
    return ledger_words(sighting.reason_code, sighting.reason_data)


@pytest.mark.req("F29", "S1.15")
def test_nothing_is_downloaded_twice(fake: Any) -> None:
    fake.connect()
    fake.source.put(mail(1))
    fake.poll()
    fake.source.put(mail(2))
    assert fake.poll().listed == 1
    assert fake.source.fetched == ["1", "2"]


@pytest.mark.req("F29")
def test_an_unchanged_folder_is_not_listed(fake: Any) -> None:
    fake.connect()
    fake.source.put(mail(1))
    fake.poll()
    before = fake.source.listings
    fake.poll()
    assert fake.source.listings == before


def test_an_idle_poll_writes_only_its_lease(fake: Any) -> None:
    fake.connect()
    fake.poll()
    fake.poll()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        fake.poll()
    written = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert all("tenancy_workitem" in sql for sql in written)


@pytest.mark.req("F37")
def test_a_number_that_appears_late_is_imported(fake: Any) -> None:
    fake.connect()
    fake.source.put(mail(1), number=10)
    fake.poll()
    fake.source.put(mail(2), number=9)
    assert fake.poll().stored == 1


@pytest.mark.req("S5.80", "F55", "F35")
def test_reconciliation_finds_what_the_window_behind_the_cursor_misses(fake: Any, settings: Any) -> None:
    fake.connect()
    fake.source.put(mail(1), number=5000)
    fake.poll()
    fake.source.put(mail(2), number=7)
    assert fake.poll().stored == 0
    settings.RECONCILE_S = 0
    assert fake.poll().stored == 1


@pytest.mark.req("S5.80")
def test_reconciliation_lists_nothing_while_the_folder_stands_still(fake: Any, settings: Any) -> None:
    fake.connect()
    fake.source.put(mail(1))
    settings.RECONCILE_S = 0
    fake.poll()
    fake.poll()
    before = fake.source.listings
    fake.poll()
    assert fake.source.listings == before


@pytest.mark.req("F39", "F41")
def test_a_folder_numbered_anew_is_matched_without_a_download(fake: Any) -> None:
    fake.connect()
    for number in range(1, 6):
        fake.source.put(mail(number))
    fake.poll()
    fake.source.renumber(epoch="8", first=3)
    fake.source.put(mail(6))
    counts = fake.poll()
    assert (counts.stored, fake.raw_count()) == (1, 6)
    assert fake.source.fetched == ["1", "2", "3", "4", "5", "8"]
    sightings = fake.sightings()
    number_of = {sighting.id: sighting.remote_id for sighting in sightings}
    again = [(row.remote_id, number_of[row.resighting_of_id]) for row in sightings if row.resighting_of_id]
    assert again == [("3", "1"), ("4", "2"), ("5", "3"), ("6", "4"), ("7", "5")]


@pytest.mark.req("F42", "F40")
def test_mail_without_a_message_id_is_told_by_its_hash_after_renumbering(fake: Any) -> None:
    fake.connect()
    fake.source.put(b"Subject: nameless\r\n\r\nhello\r\n")
    fake.poll()
    fake.source.renumber(epoch="8")
    fake.poll()
    assert fake.raw_count() == 1
    assert fake.outcomes() == [("1", "pending"), ("1", "duplicate")]


@pytest.mark.req("F39")
def test_mail_seen_but_not_fetched_before_renumbering_is_fetched_after_it(fake: Any) -> None:
    fake.connect()
    number = fake.source.put(mail(1))
    fake.source.messages[number].error = ConnectorError(Reason.MESSAGE_UNREADABLE, permanent=False)
    fake.poll()
    fake.source.messages[number].error = None
    fake.source.renumber(epoch="8")
    assert fake.poll().stored == 1
    assert fake.sightings()[0].reason_code == "renumbered"


@pytest.mark.req("F40")
def test_a_server_without_uidvalidity_that_numbers_anew_doubles_and_loses_nothing(fake: Any) -> None:
    fake.source.epoch = ""
    fake.connect()
    for number in range(1, 4):
        fake.source.put(mail(number, body="x" * number))
    fake.poll()
    fake.poll()
    del fake.source.messages[1]
    fake.source.renumber(epoch="")
    fake.source.put(mail(4))
    fake.poll()
    assert fake.raw_count() == 4
    assert len([row for row in fake.sightings() if row.resighting_of_id is None]) == 4


@pytest.mark.req("F43")
def test_another_mail_with_a_known_message_id_is_a_new_mail(fake: Any) -> None:
    fake.connect()
    fake.source.put(mail(1))
    fake.source.put(mail(1, body="Something else."))
    assert fake.poll().stored == 2


@pytest.mark.req("F43")
def test_two_copies_side_by_side_are_one_mail_and_a_duplicate(fake: Any) -> None:
    fake.connect()
    fake.source.put(mail(1))
    fake.source.put(mail(1))
    fake.poll()
    fake.source.put(mail(1))
    fake.poll()
    assert fake.raw_count() == 1
    assert fake.outcomes() == [("1", "pending"), ("2", "duplicate"), ("3", "duplicate")]
    assert words(fake.sightings()[2]) == "Byte for byte the mail that is number 1 in the same folder."


@pytest.mark.req("F55", "F53")
def test_mail_moved_away_and_back_is_known(fake: Any) -> None:
    fake.connect()
    fake.source.put(mail(1))
    fake.poll()
    fake.source.messages = {2: fake.source.messages[1]}
    fake.poll()
    first, again = fake.sightings()
    assert (again.resighting_of_id, again.raw_id, again.reason_code) == (first.id, first.raw_id, "seen_again")
    assert WorkItem.objects.filter(kind=WorkKind.PROCESS).count() == 1


@pytest.mark.req("F44")
def test_the_same_mail_in_two_mailboxes_is_two_deliveries(fake: Any) -> None:
    fake.connect()
    fake.source.put(mail(1))
    fake.poll()
    fake.connect(existing_mail="open")
    fake.poll()
    assert (fake.raw_count(), fake.outcomes()) == (1, [("1", "pending")])


@pytest.mark.req("F1", "F3", "F9", "F52")
def test_a_message_the_server_cannot_give_fails_after_three_tries_and_stops_no_other(fake: Any) -> None:
    fake.connect()
    bad = fake.source.put(mail(1))
    fake.source.put(mail(2))
    fake.source.messages[bad].error = ConnectorError(Reason.MESSAGE_UNREADABLE, permanent=False, detail="index broken")
    first = fake.poll()
    assert (first.stored, first.failed, fake.outcomes()) == (1, 0, [("1", "pending"), ("2", "pending")])
    fake.poll()
    assert fake.poll().failed == 1
    sighting = fake.sightings()[0]
    assert sighting.outcome == Outcome.FAILED
    assert words(sighting) == "The server did not give it: “index broken”. Tried 3 times; in quarantine."
    fake.poll()
    assert fake.source.fetched.count("1") == 3


@pytest.mark.req("F3")
def test_what_could_not_be_fetched_is_tried_again_with_each_reconciliation(fake: Any, settings: Any) -> None:
    fake.connect()
    number = fake.source.put(mail(1))
    fake.source.messages[number].error = ConnectorError(Reason.MESSAGE_UNREADABLE, permanent=False)
    for _ in range(3):
        fake.poll()
    fake.source.messages[number].error = None
    settings.RECONCILE_S = 0
    assert (fake.poll().stored, fake.outcomes()) == (1, [("1", "pending")])


def test_trouble_with_the_server_as_a_whole_counts_against_no_message(fake: Any) -> None:
    fake.connect()
    fake.source.put(mail(1))
    fake.source.fetch_trouble = ConnectorError(Reason.THROTTLED, permanent=False)
    assert fake.poll().errors == fake.poll().errors == ["throttled"]
    assert fake.sightings()[0].fetch_attempts == 0
    fake.source.fetch_trouble = None
    assert fake.poll().stored == 1


def test_a_person_may_ask_for_a_failed_message_once(fake: Any) -> None:
    fake.connect()
    number = fake.source.put(mail(1))
    fake.source.messages[number].error = ConnectorError(Reason.MESSAGE_UNREADABLE, permanent=False)
    for _ in range(3):
        fake.poll()
    fake.source.messages[number].error = None
    with organization_scope(fake.organization.id):
        fetch_again(fake.sightings()[0])
        with pytest.raises(NothingToFetch):
            fetch_again(fake.sightings()[0])
    assert fake.poll().stored == 1


def test_a_message_that_is_gone_before_the_download_has_a_verdict(fake: Any) -> None:
    fake.connect()
    number = fake.source.put(mail(1))
    fake.source.messages[number].error = ConnectorError(Reason.MESSAGE_GONE, permanent=True)
    fake.poll()
    assert [(row.outcome, row.reason_code) for row in fake.sightings()] == [("ignored", "gone")]


@pytest.mark.req("F23", "F26")
def test_of_a_message_too_large_the_header_is_kept_with_the_claimed_size(fake: Any) -> None:
    fake.connect(max_message_bytes=1000)
    fake.source.put(mail(1, body="x" * 5000))
    fake.poll()
    raw = fake.sightings()[0].raw
    assert (raw.is_header_only, raw.size_bytes) == (True, len(mail(1, body="x" * 5000)))
    assert files.read(raw.storage_key).endswith(b"Message-ID: <mail-1@example.org>\r\n\r\n")


@pytest.mark.req("S1.34", "S2.14", "F110")
def test_mail_that_was_there_while_connecting_is_left_alone(fake: Any) -> None:
    fake.source.put(mail(1))
    fake.connect()
    fake.source.put(mail(2))
    fake.poll()
    assert fake.outcomes() == [("2", "pending")]


@pytest.mark.req("S1.34", "F110")
def test_without_a_look_old_and_new_are_told_by_date(fake: Any) -> None:
    fake.source.put(mail(1), received_at=clock.now() - timedelta(days=1))
    fake.connect(is_looked_at=False)
    fake.source.put(mail(2))
    fake.poll()
    assert fake.outcomes() == [("2", "pending")]


@pytest.mark.req("S2.6", "S2.16")
@pytest.mark.parametrize("existing_mail", ["closed", "open"])
@pytest.mark.parametrize("is_looked_at", [True, False])
def test_imported_history_is_marked_as_history(fake: Any, existing_mail: str, is_looked_at: bool) -> None:
    fake.source.put(mail(1), received_at=clock.now() - timedelta(days=1))
    fake.connect(existing_mail=existing_mail, is_looked_at=is_looked_at)
    fake.source.put(mail(2))
    fake.poll()
    assert [row.raw.is_history for row in fake.sightings()] == [True, False]


@pytest.mark.req("S1.34")
def test_nothing_older_than_the_start_date_is_imported(fake: Any) -> None:
    fake.source.put(mail(1), received_at=clock.now() - timedelta(days=9))
    fake.source.put(mail(2), received_at=clock.now() - timedelta(days=3))
    fake.connect(existing_mail="open", start_at=clock.now() - timedelta(days=5))
    fake.poll()
    assert fake.outcomes() == [("2", "pending")]


@pytest.mark.req("S1.34", "F110")
def test_old_mail_moved_in_later_is_ignored_and_says_why(fake: Any) -> None:
    fake.connect()
    fake.source.put(mail(1), received_at=clock.now() - timedelta(days=3))
    fake.poll()
    sighting = fake.sightings()[0]
    assert (sighting.outcome, sighting.reason_code) == ("ignored", "existing_mail")
    assert "ignores existing mail" in words(sighting)


@pytest.mark.req("S1.34")
def test_mail_older_than_the_start_date_moved_in_later_is_ignored_and_says_so(fake: Any) -> None:
    fake.connect(existing_mail="open", start_at=clock.now() - timedelta(days=5))
    fake.poll()
    fake.source.put(mail(1), received_at=clock.now() - timedelta(days=9))
    fake.poll()
    sighting = fake.sightings()[0]
    assert (sighting.outcome, sighting.reason_code) == ("ignored", "before_start")
    assert words(sighting).startswith("Received before the mailbox's start date, ")


def test_ignored_history_stays_ignored_after_renumbering(fake: Any) -> None:
    fake.source.put(mail(1), received_at=clock.now() - timedelta(days=3))
    fake.connect()
    fake.source.put(mail(2))
    fake.poll()
    fake.source.renumber(epoch="8", first=5)
    fake.poll()
    assert fake.raw_count() == 1
    assert "1" not in fake.source.fetched


@pytest.mark.req("F33")
def test_what_is_to_be_done_on_the_server_is_done_after_the_commit_and_once(fake: Any) -> None:
    fake.connect(after_import="seen")
    fake.source.put(mail(1))
    fake.poll()
    fake.poll()
    assert fake.source.acknowledged == [("seen", "1")]
    assert fake.sightings()[0].ack_state == "done"


@pytest.mark.req("S2.5", "S5.64", "F51")
def test_deleting_waits_for_a_later_pass_than_the_commit(fake: Any) -> None:
    fake.connect(after_import="delete", after_import_days=0)
    fake.source.put(mail(1))
    fake.poll()
    assert fake.source.acknowledged == []
    fake.poll()
    assert fake.source.acknowledged == [("delete", "1")]


@pytest.mark.req("S5.64")
def test_deleting_waits_for_the_chosen_days(fake: Any) -> None:
    fake.connect(after_import="delete", after_import_days=2)
    fake.source.put(mail(1))
    fake.poll()
    with clock.held_at(clock.now() + timedelta(days=1)):
        fake.poll()
    assert fake.source.acknowledged == []
    with clock.held_at(clock.now() + timedelta(days=2, minutes=1)):
        fake.poll()
    assert fake.source.acknowledged == [("delete", "1")]


@pytest.mark.req("F33", "F46", "F47")
def test_a_refused_after_import_step_is_a_warning_tried_again_and_no_new_import(fake: Any) -> None:
    fake.connect(after_import="move", after_import_folder="Gone")
    fake.source.ack_error = ConnectorError(Reason.FOLDER_NOT_FOUND, permanent=True, detail="no such folder")
    fake.source.put(mail(1))
    fake.poll()
    sighting = fake.sightings()[0]
    assert (sighting.ack_state, sighting.ack_error) == ("failed", "no such folder")
    fake.source.ack_error = None
    with clock.held_at(clock.now() + timedelta(hours=1, minutes=1)):
        counts = fake.poll()
    assert (counts.stored, fake.sightings()[0].ack_state, fake.raw_count()) == (0, "done", 1)


def test_what_a_server_without_uidplus_leaves_marked_is_done_with_a_note(fake: Any) -> None:
    fake.connect(after_import="move", after_import_folder="Archive")
    fake.source.ack_error = ConnectorError(Reason.NOT_EXPUNGED, permanent=True)
    fake.source.put(mail(1))
    fake.poll()
    sighting = fake.sightings()[0]
    assert (sighting.ack_state, sighting.ack_reason, sighting.ack_error) == ("done", "not_expunged", "")


def test_a_mailbox_with_a_changed_source_takes_no_id_for_known(fake: Any) -> None:
    fake.connect()
    fake.source.put(mail(1))
    fake.poll()
    fake.source.messages = {}
    fake.source.put(mail(2))
    with organization_scope(fake.organization.id):
        update_mailbox(fake.mailbox(), mailbox_input())
    fake.poll()
    assert fake.outcomes() == [("1", "pending"), ("1", "pending")]
    assert fake.mailbox().source_generation == 2


def test_the_same_account_under_another_server_name_loses_and_doubles_nothing(fake: Any) -> None:
    data = mailbox_input()
    fake.connect(incoming=data.incoming)
    fake.source.put(mail(1))
    fake.poll()
    fake.source.put(mail(2))
    with organization_scope(fake.organization.id):
        update_mailbox(fake.mailbox(), replace(data, incoming=replace(data.incoming, host="mail.example.test")))
    fake.poll()
    assert fake.raw_count() == 2
    assert fake.outcomes() == [("1", "pending"), ("1", "duplicate"), ("2", "pending")]
    assert fake.sightings()[1].resighting_of_id == fake.sightings()[0].id
