"""Servers that number anew, and mailboxes that point to another place: nothing lost, nothing doubled."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.services.setup.mailboxes import update_mailbox
from tests.factories.mailboxes import mailbox_input
from tests.mailboxes.account import mail

pytestmark = [pytest.mark.django_db, pytest.mark.both]


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


@pytest.mark.req("F41", "F39")
@pytest.mark.parametrize("kept", [0, 2, 5])
def test_a_server_restored_from_a_backup_gives_old_numbers_to_new_mail_and_nothing_is_lost(
    fake: Any, kept: int
) -> None:
    fake.connect()
    for number in range(1, 6):
        fake.source.put(mail(number))
    fake.poll()
    fake.source.messages = {number: fake.source.messages[number] for number in range(1, kept + 1)}
    fake.source.changes += 1
    fake.poll()
    for number in range(6, 9):
        fake.source.put(mail(number, body="x" * number), received_at=clock.in_seconds(60))
    assert fake.poll().stored == 3
    fake.source.put(mail(9))
    assert fake.poll().stored == 1
    assert fake.raw_count() == 9
    assert len([row for row in fake.sightings() if row.resighting_of_id is None]) == 9
    before = fake.source.listings
    fake.poll()
    assert fake.source.listings == before


def test_a_server_that_guesses_sizes_and_dates_anew_is_not_numbered_anew(fake: Any) -> None:
    fake.connect()
    for number in range(1, 4):
        fake.source.put(mail(number))
    fake.poll()
    for message in fake.source.messages.values():
        message.raw += b"padding"
        message.received_at = clock.in_seconds(600)
    fake.source.put(mail(4))
    assert fake.poll().stored == 1
    assert {row.epoch for row in fake.sightings()} == {"7"}
    assert fake.source.fetched == ["1", "2", "3", "4"]


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


def test_ignored_history_stays_ignored_after_renumbering(fake: Any) -> None:
    fake.source.put(mail(1), received_at=clock.now() - timedelta(days=3))
    fake.connect()
    fake.source.put(mail(2))
    fake.poll()
    fake.source.renumber(epoch="8", first=5)
    fake.poll()
    assert fake.raw_count() == 1
    assert "1" not in fake.source.fetched


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
