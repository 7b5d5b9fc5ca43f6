"""The Date header, and never a made-up one."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

_USUAL = re.compile(
    r"(?:[A-Za-z]{3},? *)?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d{1,2}):(\d{2})(?::(\d{2}))? *([+-]\d{4}|GMT|UTC?|Z)?\b"
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(1900, 9000)  # no zone moves these out of what datetime holds


def parse_date(value: str) -> datetime | None:
    """The moment as aware UTC, or None when the value names none; exactly 1970-01-01 is a dead clock, so None too."""
    usual = _USUAL.match(value)
    try:
        moment = _from_usual(usual) if usual else _from_any(value)
        moment = moment.astimezone(UTC) if moment else None
    except (ValueError, OverflowError, TypeError):
        return None
    if moment is None or moment.year not in _YEARS or moment == _EPOCH:
        return None
    return moment


def _from_usual(match: re.Match[str]) -> datetime | None:
    month = _MONTHS.get(match[2].lower())
    if month is None:
        return None
    zone = match[7] or "+0000"
    seconds = min(int(match[6] or 0), 59)  # RFC 5322 allows the leap second 60
    return datetime(int(match[3]), month, int(match[1]), int(match[4]), int(match[5]), seconds, tzinfo=_zone(zone))


def _zone(text: str) -> timezone:
    if text[0] not in "+-":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[3:5])
    return timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes))


def _from_any(value: str) -> datetime | None:
    parsed = parsedate_tz(value[:200])
    if parsed is None:
        return None
    zone = timezone(timedelta(seconds=parsed[9] or 0))
    return datetime(*parsed[:5], min(parsed[5], 59), tzinfo=zone)
