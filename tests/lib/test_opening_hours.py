"""Hours by the clock on the wall of a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from helpdesk.lib.opening_hours import NoHours, OpeningHours, parse_spans, written_spans

WEEKDAYS = tuple(parse_spans("9-12:30, 13:30-17") for _ in range(5))
BERLIN = OpeningHours("Europe/Berlin", (*WEEKDAYS, (), ()), frozenset({date(2026, 11, 30)}))


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-27T08:00", True),  # Friday, 9 in Berlin
        ("2026-11-27T07:59", False),
        ("2026-11-27T11:30", False),  # the break
        ("2026-11-27T15:59", True),
        ("2026-11-27T16:00", False),
        ("2026-11-28T10:00", False),  # Saturday
        ("2026-11-30T10:00", False),  # a day off
        ("2026-07-03T07:00", True),  # summer time
    ],
)
def test_it_is_open_by_the_clock_there(at: str, is_open: bool) -> None:
    assert BERLIN.is_open(datetime.fromisoformat(at).replace(tzinfo=UTC)) is is_open


def test_the_next_opening_passes_over_the_weekend_and_days_off() -> None:
    friday_night = datetime(2026, 11, 27, 20, tzinfo=UTC)
    assert BERLIN.next_opening(friday_night) == datetime(2026, 12, 1, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    assert BERLIN.next_opening(datetime(2026, 11, 27, 11, 45, tzinfo=UTC)) == datetime(2026, 11, 27, 12, 30, tzinfo=UTC)
    assert OpeningHours("UTC", ((),) * 7).next_opening(friday_night) is None


def test_hours_are_read_as_people_write_them() -> None:
    assert written_spans(parse_spans(" 9 – 12.30; 13:30-17:00 ")) == "09:00-12:30, 13:30-17:00"
    assert written_spans(parse_spans("0-24")) == "00:00-24:00"
    assert parse_spans("") == ()


@pytest.mark.parametrize("text", ["nine", "9-", "17-9", "9-9", "9-25", "9:60-10", "9-12, 11-14", "13-17, 9-12"])
def test_what_is_no_order_of_hours_is_refused(text: str) -> None:
    with pytest.raises(NoHours):
        parse_spans(text)
