"""Times in words, in the viewer's zone: "Today 08:41", "Wed 18 Mar, 15:12", "in 24 min", "18 min over"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_time
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from helpdesk.lib import clock

RELATIVE_MIN = 120  # a deadline within two hours counts minutes; later it says when
SOON_MIN = 60
_HOUR_MIN = 60
_DAY_MIN = 24 * 60


@dataclass(frozen=True)
class Due:
    """A deadline in words."""

    words: str
    tone: str  # "", warn (within the hour) or bad (over)
    is_relative: bool  # the words change by themselves, static/js/times.js keeps them true


def when_words(moment: datetime, *, style: str = "") -> str:
    """The moment as people say it. style: "" with the time of day; "short" for lists; "day" for the date alone."""
    local = timezone.localtime(moment)
    today = timezone.localtime(clock.now()).date()
    if style == "day":
        return _date(local, today_year=today.year)
    if local.date() == today:
        return _time(local) if style == "short" else _("Today %(time)s") % {"time": _time(local)}
    if style == "short":
        return _day(local, pgettext("date format", "j M") if local.year == today.year else _year_format())
    if local.date() == today - timedelta(days=1):
        return _("Yesterday %(time)s") % {"time": _time(local)}
    if local.year == today.year:
        return date_format(local, pgettext("date format", "D j M, H:i"))
    return date_format(local, pgettext("date format", "j M Y, H:i"))


def day_named(text: str) -> date | None:
    """The day that a date field sent; None for what is none."""
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return found if found is not None and 1970 <= found.year <= 9000 else None


def beginning_of(day: date) -> datetime:
    """The first moment of the day in the viewer's zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def time_named(text: str) -> time | None:
    """The time of day that a time field sent, to the minute; None for what is none."""
    try:
        found = parse_time(text)
    except ValueError:
        return None
    return found.replace(second=0, microsecond=0, tzinfo=None) if found is not None else None


def span_named(day: str, at: str) -> tuple[datetime, datetime] | None:
    """From when to before when something is that a day and a time of day name, in the viewer's zone; None for neither.

    Without a time the whole day, without a day today. The clock shows some times twice, or never, as summer time ends
    or begins: then the longest span that it can be.
    """
    named, minute = day_named(day), time_named(at)
    if minute is None:
        return (beginning_of(named), beginning_of(named + timedelta(days=1))) if named is not None else None
    local = datetime.combine(named or timezone.localtime(clock.now()).date(), minute)
    zone = timezone.get_current_timezone()
    moments = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return min(moments), max(moments) + timedelta(minutes=1)


def full_words(moment: datetime) -> str:
    """The whole moment, with the zone; for `title`."""
    local = timezone.localtime(moment)
    return f"{_day(local, pgettext('date format', 'l j F Y'))}, {local:%H:%M:%S} {local.tzname()}"


def due(moment: datetime) -> Due:
    """A deadline: minutes near it, how long it is over, else when it is."""
    left_min = (moment - clock.now()).total_seconds() / 60
    if left_min < 0:
        return Due(words=_("%(time)s over") % {"time": duration_words(-left_min)}, tone="bad", is_relative=True)
    if left_min < RELATIVE_MIN:
        tone = "warn" if left_min < SOON_MIN else ""
        return Due(words=_("in %(time)s") % {"time": duration_words(left_min)}, tone=tone, is_relative=True)
    local = timezone.localtime(moment)
    if local.date() == timezone.localtime(clock.now()).date():
        return Due(words=date_format(local, "H:i"), tone="", is_relative=False)
    return Due(words=when_words(moment), tone="", is_relative=False)


def duration_words(minutes: float) -> str:
    """A length of time: "24 min", "1 h 05", "5 h", "3 days". Rounded down, never less than one minute."""
    whole = max(1, int(minutes))
    if whole < _HOUR_MIN:
        return _("%(minutes)d min") % {"minutes": whole}
    if whole < RELATIVE_MIN:
        return _("%(hours)d h %(minutes)02d") % {"hours": whole // _HOUR_MIN, "minutes": whole % _HOUR_MIN}
    if whole < _DAY_MIN:
        return _("%(hours)d h") % {"hours": whole // _HOUR_MIN}
    days = whole // _DAY_MIN
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


def when_html(moment: datetime | None, style: str = "") -> SafeString:
    """A `<time>` with the words; its title is the whole moment. Nothing for None."""
    if moment is None:
        return SafeString("")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        *(moment.isoformat(), full_words(moment), when_words(moment, style=style)),
    )


def due_html(moment: datetime | None, picture: str | SafeString = "") -> SafeString:
    """A deadline as `.due`; the picture stands before the words. Nothing for None."""
    if moment is None:
        return SafeString("")
    words = due(moment)
    return format_html(
        '<time class="due" datetime="{}" title="{}"{}{}>{}<span>{}</span></time>',
        moment.isoformat(),
        full_words(moment),
        format_html(' data-tone="{}"', words.tone) if words.tone else "",
        SafeString(" data-due") if words.is_relative else "",
        picture,
        words.words,
    )


def _time(local: datetime) -> str:
    return f"{local:%H:%M}"


def _date(local: datetime, *, today_year: int) -> str:
    return _day(local, pgettext("date format", "j F") if local.year == today_year else _year_format())


def _day(local: datetime, form: str) -> str:
    """The date in this form; a list says the same few dates in every row."""
    return _written(local.date(), form, get_language())


@lru_cache(maxsize=4096)
def _written(day: date, form: str, _language: str | None) -> str:
    return date_format(day, form)


def _year_format() -> str:
    return pgettext("date format", "j M Y")
