"""What a calendar file (RFC 5545) says of its events: what, when, where and by whom. Pure.

Read line by line, in one pass and without a rule of the sender's being evaluated: recurrences and time zone
definitions can keep a calendar library busy for ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MAX_BYTES = 1024 * 1024  # what lies beyond is not read
MAX_EVENTS = 20
MAX_TEXT_CHARS = 4000
MAX_LINE_CHARS = 300
_FOLD = re.compile(r"\r?\n[ \t]")
_ESCAPED = re.compile(r"\\([\\;,nN])")
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?")
_DURATION = re.compile(r"\+?P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,4})S)?)?")
_ZONE = re.compile(r"[A-Za-z_]{1,30}(?:/[A-Za-z0-9_+-]{1,30}){1,2}|UTC")
_UNITS = ("weeks", "days", "hours", "minutes", "seconds")


@dataclass(frozen=True, slots=True)
class When:
    """A moment of an event, as exactly as it can be told."""

    at: datetime | None = None  # aware
    day: date | None = None  # of an event that lasts whole days
    written: datetime | None = None  # naive, where its time zone is not known here
    zone: str = ""  # as it is named there


@dataclass(frozen=True, slots=True)
class Event:
    """One event."""

    summary: str
    start: When | None
    end: When | None  # the last day of an event that lasts whole days
    place: str
    organizer: str  # name and address, as far as they are given
    text: str
    attendees: int
    repeats: bool
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar file."""

    events: tuple[Event, ...]
    method: str  # REQUEST, REPLY, CANCEL of an invitation, upper-cased; "" where none is named
    has_more: bool  # events beyond MAX_EVENTS


@dataclass(frozen=True, slots=True)
class _Line:
    name: str  # upper-cased
    parameters: dict[str, str]  # by name, upper-cased
    value: str


def read_calendar(content: bytes) -> Calendar | None:
    """What the file says; None for bytes that are no calendar."""
    text = content[:MAX_BYTES].decode("utf-8-sig", "replace")
    if not text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
        return None
    events: list[Event] = []
    method, inside, has_more = "", list[str](), False
    lines: dict[str, _Line] = {}
    attendees = 0
    for line in _lines(text):
        if line.name == "BEGIN":
            inside.append(line.value.upper())
            if inside[-1] == "VEVENT":
                lines, attendees = {}, 0
        elif line.name == "END" and inside:
            if inside.pop() == "VEVENT":
                has_more = len(events) >= MAX_EVENTS
                if has_more:
                    break
                events.append(_event(lines, attendees=attendees, method=method))
        elif inside == ["VCALENDAR"] and line.name == "METHOD":
            method = line.value.strip().upper()[:30]
        elif inside[-1:] == ["VEVENT"]:
            attendees += line.name == "ATTENDEE"
            lines.setdefault(line.name, line)
    return Calendar(tuple(events), method, has_more)


def _lines(text: str) -> Iterator[_Line]:
    for raw in _FOLD.sub("", text).splitlines():
        at = _colon(raw)
        if at is None:
            continue
        name, *parameters = _split(raw[:at])
        named = (parameter.partition("=") for parameter in parameters[:20])
        yield _Line(name.strip().upper(), {key.upper(): value.strip('"') for key, _, value in named}, raw[at + 1 :])


def _colon(line: str) -> int | None:
    """Where the value begins: behind the first colon that stands in no quotes."""
    is_quoted = False
    for at, character in enumerate(line[:2000]):
        is_quoted ^= character == '"'
        if character == ":" and not is_quoted:
            return at
    return None


def _split(head: str) -> list[str]:
    """Name and parameters; semicolons in quotes are part of a value."""
    parts, is_quoted = [""], False
    for character in head:
        is_quoted ^= character == '"'
        if character == ";" and not is_quoted:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _event(lines: dict[str, _Line], *, attendees: int, method: str) -> Event:
    start = _when(lines.get("DTSTART"))
    status = lines["STATUS"].value.strip().upper() if "STATUS" in lines else ""
    return Event(
        summary=_text(lines.get("SUMMARY"), most=MAX_LINE_CHARS),
        start=start,
        end=_end(lines, start),
        place=_text(lines.get("LOCATION"), most=MAX_LINE_CHARS),
        organizer=_person(lines.get("ORGANIZER")),
        text=_text(lines.get("DESCRIPTION"), most=MAX_TEXT_CHARS, is_long=True),
        attendees=attendees,
        repeats="RRULE" in lines or "RDATE" in lines,
        is_cancelled="CANCELLED" in status or method == "CANCEL",
    )


def _text(line: _Line | None, *, most: int, is_long: bool = False) -> str:
    if line is None:
        return ""
    plain = _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], line.value[: 2 * most])
    plain = "".join(character for character in plain if character.isprintable() or character == "\n")
    return (plain.strip() if is_long else " ".join(plain.split()))[:most]


def _person(line: _Line | None) -> str:
    if line is None:
        return ""
    address = line.value.strip()
    address = address[7:] if address.lower().startswith("mailto:") else address
    name = line.parameters.get("CN", "")
    shown = f"{name} <{address}>" if name and name != address else address
    return _text(_Line("", {}, shown), most=MAX_LINE_CHARS)


def _when(line: _Line | None) -> When | None:
    found = _MOMENT.match(line.value.strip()) if line is not None else None
    if line is None or found is None:
        return None
    try:
        if found[4] is None:
            return When(day=date(int(found[1]), int(found[2]), int(found[3])))
        year, month, day, hour, minute, second = (int(found[number]) for number in range(1, 7))
        written = datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001  the zone is told apart
    except ValueError:
        return None
    zone = line.parameters.get("TZID", "")[:80]
    known = UTC if found[7] else _zone(zone)
    return When(at=written.replace(tzinfo=known)) if known is not None else When(written=written, zone=zone)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if _ZONE.fullmatch(name) else None
    except (KeyError, ValueError, OSError):
        return None


def _end(lines: dict[str, _Line], start: When | None) -> When | None:
    end = _when(lines.get("DTEND"))
    if end is not None and end.day is not None:
        return When(day=_day_before(end.day))
    if end is not None or start is None:
        return end
    lasts = _duration(lines.get("DURATION"))
    try:
        if start.day is not None:
            return When(day=_day_before(start.day + (lasts or timedelta(days=1))))
        if lasts is None:
            return None
        if start.at is not None:
            return When(at=(start.at.astimezone(UTC) + lasts).astimezone(start.at.tzinfo))
        return When(written=start.written + lasts if start.written else None, zone=start.zone)
    except OverflowError:
        return None


def _day_before(day: date) -> date:
    """Events of whole days name the first day that is theirs no more."""
    return day - timedelta(days=1) if day > date.min else day


def _duration(line: _Line | None) -> timedelta | None:
    found = _DURATION.fullmatch(line.value.strip().upper()) if line is not None else None
    if found is None or not any(found.groups()):
        return None
    return timedelta(**{unit: int(count or 0) for unit, count in zip(_UNITS, found.groups(), strict=True)})
