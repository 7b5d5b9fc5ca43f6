"""Mail that was there before the mailbox was connected."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock
from tests.mailboxes.account import mail, words

pytestmark = [pytest.mark.django_db, pytest.mark.both]


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
