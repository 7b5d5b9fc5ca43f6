"""Sources whose ids are names: told by received dates (Graph, EWS), or by nothing at all (POP3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.base import Order
from mailboxes.ledger_words import ledger_words
from mailboxes.services.setup.start_dates import Start, move_start
from tests.mailboxes.account import mail

pytestmark = [pytest.mark.django_db, pytest.mark.both]

NAMED = [Order.DATES, Order.NONE]


def received(number: int, at: datetime) -> bytes:
    """A mail as a POP3 server gives it: the receiving server has written the date at its top."""
    return b"Received: from a by b; " + format_datetime(at).encode() + b"\r\n" + mail(number)


@pytest.fixture(params=NAMED)
def named(request: pytest.FixtureRequest, fake: Any) -> Any:
    fake.source.order = request.param
    fake.source.epoch = "names"
    return fake


@pytest.fixture
def dated(fake: Any) -> Any:
    fake.source.order = Order.DATES
    fake.source.epoch = "names"
    return fake


@pytest.fixture
def undated(fake: Any) -> Any:
    fake.source.order = Order.NONE
    fake.source.epoch = "names"
    return fake


@pytest.mark.req("S1.32", "S1.33", "S1.35")
def test_each_message_is_stored_once_however_often_it_is_listed(named: Any) -> None:
    named.connect()
    for number in range(1, 4):
        named.source.put(mail(number))
        named.poll()
    named.poll()
    assert named.outcomes() == [(f"<{n:04}=AaZz>", "pending") for n in (1, 2, 3)]
    assert named.raw_count() == 3


@pytest.mark.parametrize(("kind", "words"), [("meeting", "calendar"), ("chat", "chat message")])
def test_what_is_no_mail_has_its_verdict_and_is_never_fetched(dated: Any, kind: str, words: str) -> None:
    dated.connect()
    for number in (1, 2):
        dated.source.put(mail(number))
    dated.source.messages[1].other_kind = kind
    dated.poll()
    dated.poll()
    other, first = dated.sightings()
    assert (other.outcome, other.reason_code, first.outcome) == ("ignored", "not_mail", "pending")
    assert words in ledger_words(other.reason_code, other.reason_data)
    assert dated.source.fetched == [first.remote_id]


@pytest.mark.req("S1.34", "F110")
@pytest.mark.parametrize("is_looked_at", [True, False])
def test_mail_that_was_there_before_is_left_alone(named: Any, is_looked_at: bool) -> None:
    named.source.put(mail(1), received_at=clock.now() - timedelta(days=1))
    named.connect(is_looked_at=is_looked_at)
    if not is_looked_at:
        named.poll()
    named.source.put(mail(2))
    named.poll()
    assert [name for name, outcome in named.outcomes() if outcome == "pending"] == ["<0002=AaZz>"]
    assert named.raw_count() == 1


@pytest.mark.req("S2.6", "S2.16")
@pytest.mark.parametrize("existing_mail", ["closed", "open"])
def test_imported_history_is_marked_as_history(named: Any, existing_mail: str) -> None:
    named.source.put(mail(1), received_at=clock.now() - timedelta(days=1))
    named.connect(existing_mail=existing_mail)
    named.source.put(mail(2))
    named.poll()
    assert [row.raw.is_history for row in named.sightings()] == [True, False]


@pytest.mark.req("S1.34", "S1.36")
def test_nothing_older_than_the_start_date_is_imported(named: Any) -> None:
    for number, days in ((1, 9), (2, 3)):
        at = clock.now() - timedelta(days=days)
        named.source.put(received(number, at), received_at=at)
    named.connect(existing_mail="open", start_at=clock.now() - timedelta(days=5))
    named.poll()
    assert [name for name, outcome in named.outcomes() if outcome == "pending"] == ["<0002=AaZz>"]
    assert named.raw_count() == 1


@pytest.mark.req("S1.32")
def test_the_listing_begins_a_little_before_the_watermark(dated: Any) -> None:
    dated.connect()
    dated.source.put(mail(1))
    dated.poll()
    watermark = dated.mailbox().watermark_at
    dated.source.asked_since.clear()
    dated.poll()
    floor = dated.mailbox().connected_at.replace(microsecond=0)
    assert dated.source.asked_since == [max(floor, watermark - timedelta(minutes=15))]


@pytest.mark.req("S1.33")
def test_mail_of_the_watermarks_own_second_that_shows_later_is_not_lost(dated: Any) -> None:
    dated.connect()
    moment = clock.now()
    dated.source.put(mail(1), received_at=moment)
    dated.poll()
    dated.source.put(mail(2), received_at=moment)
    dated.poll()
    assert dated.raw_count() == 2


def test_mail_moved_in_with_an_old_date_is_found_by_the_slow_look(dated: Any) -> None:
    dated.connect()
    dated.set(connected_at=clock.now() - timedelta(days=6))
    dated.source.put(mail(1))
    dated.poll()
    dated.source.put(mail(2), received_at=clock.now() - timedelta(days=3))
    dated.poll()
    assert dated.raw_count() == 1
    dated.set(reconciled_at=None)
    dated.poll()
    assert dated.raw_count() == 2


def test_a_mail_dated_in_the_future_does_not_hide_what_comes_after_it(dated: Any) -> None:
    dated.connect()
    dated.source.put(mail(1), received_at=clock.now() + timedelta(days=400))
    dated.poll()
    dated.source.put(mail(2))
    dated.poll()
    assert dated.raw_count() == 2
    assert dated.mailbox().watermark_at <= clock.now()


@pytest.mark.req("F39")
def test_a_folder_made_anew_brings_nothing_twice(named: Any) -> None:
    named.connect()
    named.source.put(mail(1))
    named.poll()
    named.source.renumber(epoch="other", first=7)
    named.source.put(received(2, clock.now()))
    named.poll()
    assert sorted(outcome for _, outcome in named.outcomes()) == ["duplicate", "pending", "pending"]
    assert named.raw_count() == 2


def test_names_that_a_server_gave_anew_are_known_by_their_bytes(undated: Any) -> None:
    undated.connect()
    undated.source.put(mail(1))
    undated.poll()
    undated.source.renumber(epoch="names", first=7)
    undated.poll()
    assert [outcome for _, outcome in undated.outcomes()] == ["pending", "duplicate"]
    assert undated.raw_count() == 1


def test_without_a_look_undated_mail_is_told_by_its_own_headers(undated: Any) -> None:
    undated.source.put(received(1, clock.now() - timedelta(days=1)))
    undated.connect(is_looked_at=False)
    undated.source.put(received(2, clock.now() + timedelta(seconds=5)))
    undated.poll()
    assert [outcome for _, outcome in undated.outcomes()] == ["ignored", "pending"]


def test_an_undated_message_has_the_date_of_the_server_that_received_it(undated: Any) -> None:
    undated.connect()
    at = (clock.now() - timedelta(minutes=3)).replace(microsecond=0)
    undated.source.put(received(1, at))
    undated.poll()
    assert [row.received_at for row in undated.sightings()] == [at]


@pytest.mark.req("S1.34")
def test_a_start_moved_back_lets_old_mail_in_as_history(named: Any) -> None:
    at = clock.now() - timedelta(days=3)
    named.source.put(received(1, at), received_at=at)
    named.connect()
    named.poll()
    before = Start.of(named.mailbox())
    named.set(existing_mail="closed", start_at=clock.now() - timedelta(days=5))
    with organization_scope(named.organization.id):
        move_start(named.mailbox(), before=before)
    named.poll()
    assert [(row.outcome, row.raw.is_history) for row in named.sightings() if row.raw] == [("pending", True)]
