"""What day and time fields name, in the viewer's zone, also where the clock is set forward or back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from helpdesk.lib import clock
from helpdesk.web.moments import span_named

NOW = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # the 20th in UTC, the 21st in Tokyo


@pytest.mark.parametrize(
    ("day", "at", "zone", "since", "before"),
    [
        ("2026-11-03", "", "Europe/Berlin", "2026-11-02T23:00", "2026-11-03T23:00"),
        ("2026-11-03", "14:30", "Europe/Berlin", "2026-11-03T13:30", "2026-11-03T13:31"),
        ("2026-11-03", "14:30:59", "Europe/Berlin", "2026-11-03T13:30", "2026-11-03T13:31"),
        ("", "07:00", "Asia/Tokyo", "2026-11-20T22:00", "2026-11-20T22:01"),
        ("2026-10-25", "02:30", "Europe/Berlin", "2026-10-25T00:30", "2026-10-25T01:31"),  # twice
        ("2026-03-29", "02:30", "Europe/Berlin", "2026-03-29T00:30", "2026-03-29T01:31"),  # never
        ("2026-11-03", "25:00", "UTC", "2026-11-03T00:00", "2026-11-04T00:00"),
    ],
)
def test_a_day_and_a_time_name_a_span(day: str, at: str, zone: str, since: str, before: str) -> None:
    with clock.held_at(NOW), timezone.override(zone):
        span = span_named(day, at)
    assert span is not None
    assert [f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M}" for moment in span] == [since, before]


@pytest.mark.parametrize(("day", "at"), [("", ""), ("never", "late"), ("2026-02-30", "")])
def test_what_is_neither_day_nor_time_names_nothing(day: str, at: str) -> None:
    assert span_named(day, at) is None
