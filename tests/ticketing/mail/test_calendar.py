"""A calendar file is read for what a person wants to know of it, and nothing in it is evaluated."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing.mail.calendar import MAX_EVENTS, Event, When, read_calendar

pytestmark = pytest.mark.req("F99")
BERLIN = ZoneInfo("Europe/Berlin")
INVITATION = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\n"
    "BEGIN:VTIMEZONE\r\nTZID:Evil\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nRRULE:FREQ=SECONDLY\r\n"
    "END:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:19700101T000000\r\nRRULE:FREQ=SECONDLY\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
    "BEGIN:VEVENT\r\nDTSTART;TZID=Europe/Berlin:20261201T100000\r\nDTEND;TZID=Europe/Berlin:20261201T113000\r\n"
    "SUMMARY:Repair\\, second\r\n  try\r\nLOCATION:Yard 4\\;\r\n"
    'ORGANIZER;CN="Berg: Anna; Ms":mailto:anna@customer.test\r\n'
    "DESCRIPTION:Bring\\nthe ladder\r\nATTENDEE:mailto:a@x.test\r\nATTENDEE;RSVP=TRUE:mailto:b@x.test\r\n"
    "BEGIN:VALARM\r\nDESCRIPTION:Ring\r\nSUMMARY:Bell\r\nEND:VALARM\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def event_with(*lines: str, method: str = "") -> Event:
    named = f"METHOD:{method}\n" if method else ""
    text = "BEGIN:VCALENDAR\n" + named + "BEGIN:VEVENT\n" + "\n".join(lines) + "\nEND:VEVENT\nEND:VCALENDAR\n"
    found = read_calendar(text.encode())
    assert found is not None
    [event] = found.events
    return event


def test_an_invitation_says_what_when_where_and_by_whom() -> None:
    found = read_calendar(INVITATION.encode())
    assert found is not None
    assert (found.method, found.has_more) == ("REQUEST", False)
    assert found.events == (
        Event(
            summary="Repair, second try",
            start=When(at=datetime(2026, 12, 1, 10, tzinfo=BERLIN)),
            end=When(at=datetime(2026, 12, 1, 11, 30, tzinfo=BERLIN)),
            place="Yard 4;",
            organizer="Berg: Anna; Ms <anna@customer.test>",
            text="Bring\nthe ladder",
            attendees=2,
            repeats=True,
            is_cancelled=False,
        ),
    )


NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
UTC_NOON = When(at=NOON)
LOCAL = datetime(2026, 12, 1, 12)
TIMES = [
    (["DTSTART:20261201T120000Z"], UTC_NOON, None),
    (["DTSTART:20261201T120000Z", "DURATION:PT1H30M"], UTC_NOON, When(at=NOON + timedelta(minutes=90))),
    (["DTSTART;VALUE=DATE:20261201"], When(day=date(2026, 12, 1)), When(day=date(2026, 12, 1))),
    (["DTSTART:20261201", "DTEND:20261204"], When(day=date(2026, 12, 1)), When(day=date(2026, 12, 3))),
    (["DTSTART:20261201", "DURATION:P2D"], When(day=date(2026, 12, 1)), When(day=date(2026, 12, 2))),
    (["DTSTART:00010101", "DTEND:00010101"], When(day=date.min), When(day=date.min)),
    (["DTSTART:99991231", "DURATION:P9W"], When(day=date.max), None),
    (["DTSTART:20261201T120000"], When(written=LOCAL), None),
    (
        ["DTSTART;TZID=W. Europe Standard Time:20261201T120000", "DURATION:P1W"],
        When(written=LOCAL, zone="W. Europe Standard Time"),
        When(written=LOCAL + timedelta(weeks=1), zone="W. Europe Standard Time"),
    ),
    (["DTSTART;TZID=Nowhere/Land:20261201T120000"], When(written=LOCAL, zone="Nowhere/Land"), None),
    (["DTSTART:20261301T120000Z", "DURATION:PT1H"], None, None),
    (["DTSTART:tomorrow"], None, None),
    (["DTSTART:20261201T120000Z", "DURATION:P"], UTC_NOON, None),
    (["DTSTART:20261201T120000Z", "DURATION:an hour"], UTC_NOON, None),
    (["SUMMARY:x"], None, None),
]


@pytest.mark.parametrize(("lines", "start", "end"), TIMES)
def test_its_times_are_told_as_exactly_as_they_are_known(
    lines: list[str], start: When | None, end: When | None
) -> None:
    event = event_with(*lines)
    assert (event.start, event.end) == (start, end)


@pytest.mark.parametrize(
    ("line", "organizer"),
    [
        ("ORGANIZER:mailto:a@x.test", "a@x.test"),
        ("ORGANIZER;CN=a@x.test:MAILTO:a@x.test", "a@x.test"),
        ("ORGANIZER;CN=Anna:https://x.test/anna", "Anna <https://x.test/anna>"),
        ("SUMMARY:x", ""),
    ],
)
def test_its_organizer_is_named(line: str, organizer: str) -> None:
    assert event_with(line).organizer == organizer


@pytest.mark.parametrize(
    ("lines", "method", "is_cancelled"),
    [(["STATUS:CANCELLED"], "", True), (["STATUS:CONFIRMED"], "CANCEL", True), (["STATUS:CONFIRMED"], "REPLY", False)],
)
def test_it_says_that_it_is_called_off(lines: list[str], method: str, is_cancelled: bool) -> None:
    assert event_with(*lines, method=method).is_cancelled is is_cancelled


def test_what_is_no_calendar_is_none_and_what_never_ends_is_cut() -> None:
    assert read_calendar(b"BEGIN:VCARD\r\nEND:VCARD\r\n") is None
    many = "BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\n" * (MAX_EVENTS + 1)
    found = read_calendar(many.encode())
    assert found is not None
    assert (len(found.events), found.has_more) == (MAX_EVENTS, True)
    assert len(event_with("SUMMARY:" + "ab" * 100_000, "no colon at all").summary) == 300
    assert event_with("SUMMARY:a\x00b\x07").summary == "ab"


def test_ends_without_beginnings_do_no_harm() -> None:
    found = read_calendar(b"\xef\xbb\xbfBEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VEVENT\nSUMMARY:x\nMETHOD:x\n")
    assert found is not None
    assert found.events == ()


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fail(noise: bytes) -> None:
    read_calendar(b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART" + noise + b"\nEND:VEVENT\n")
