"""When somebody is there: hours of each weekday in a zone, and days off. Pure; the clock comes from outside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY_MINUTES = 24 * 60
_AHEAD_DAYS = 400  # looked through for the next opening
_SPAN = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[:.](\d{2}))?")


class NoHours(ValueError):
    """What was written is no list of hours; the argument is the part that is wrong."""


@dataclass(frozen=True, slots=True)
class Span:
    """From one minute of a day to another, the last one not included."""

    begins: int  # minutes since midnight
    ends: int  # at most DAY_MINUTES

    def __str__(self) -> str:
        return f"{_written(self.begins)}-{_written(self.ends)}"


@dataclass(frozen=True)
class OpeningHours:
    """A week of hours, by the clock on the wall of a zone."""

    zone: str  # IANA name
    week: tuple[tuple[Span, ...], ...]  # from Monday; each day's in order, not overlapping
    days_off: frozenset[date] = field(default_factory=frozenset)

    def is_open(self, at: datetime) -> bool:
        """True if somebody is there at this moment (aware)."""
        local = at.astimezone(ZoneInfo(self.zone))
        minute = local.hour * 60 + local.minute
        return any(span.begins <= minute < span.ends for span in self._spans(local.date()))

    def next_opening(self, at: datetime) -> datetime | None:
        """The first moment after `at` at which somebody comes; None if nobody does in a year."""
        local = at.astimezone(ZoneInfo(self.zone))
        for ahead in range(_AHEAD_DAYS):
            day = local.date() + timedelta(days=ahead)
            for moment in self._openings(day):
                if moment > at:
                    return moment
        return None

    def _spans(self, day: date) -> Sequence[Span]:
        return () if day in self.days_off else self.week[day.weekday()]

    def _openings(self, day: date) -> Iterator[datetime]:
        zone = ZoneInfo(self.zone)
        for span in self._spans(day):
            yield datetime(day.year, day.month, day.day, *divmod(span.begins, 60), tzinfo=zone)


def parse_spans(text: str) -> tuple[Span, ...]:
    """Hours as people write them: `9-12:30, 13:30-17`. Empty: closed. Raises NoHours."""
    spans: list[Span] = []
    for part in filter(None, (part.strip() for part in re.split(r"[,;]", text))):
        found = _SPAN.fullmatch(part)
        if found is None:
            raise NoHours(part)
        begins, ends = _minutes(found[1], found[2], part), _minutes(found[3], found[4], part)
        if not begins < ends <= DAY_MINUTES or (spans and begins < spans[-1].ends):
            raise NoHours(part)
        spans.append(Span(begins, ends))
    return tuple(spans)


def written_spans(spans: Sequence[Span]) -> str:
    """As `parse_spans` reads them."""
    return ", ".join(map(str, spans))


def _minutes(hours: str, minutes: str | None, part: str) -> int:
    if int(minutes or 0) > 59:
        raise NoHours(part)
    return int(hours) * 60 + int(minutes or 0)


def _written(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
