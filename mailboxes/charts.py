"""The last 24 hours of a mailbox as bars: geometry in numbers, looks in the style sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailboxes.queries.arrivals import Arrivals

_SPARK_HEIGHT, _SPARK_STEP, _SPARK_LEAST = 28, 5, 2
_RECENT = 2  # hours that are told apart by colour
_CHART_LEFT, _CHART_STEP, _CHART_WIDTH, _CHART_FLOOR, _CHART_HEIGHT = 30, 26, 660, 120, 96
_LABEL_EVERY = 3


@dataclass(frozen=True)
class Bar:
    """One rectangle."""

    x: int
    y: int
    height: int
    css: str = ""


@dataclass(frozen=True)
class Spark:
    """The bars of a row of the list, and what they say."""

    bars: tuple[Bar, ...]
    label: str


@dataclass(frozen=True)
class Mark:
    """A text at a place of a chart."""

    x: int
    y: int
    text: str


@dataclass(frozen=True)
class DayChart:
    """The bars of a mailbox's own page: what became tickets, and everything else on top of it."""

    tickets: tuple[Bar, ...]
    others: tuple[Bar, ...]
    hours: tuple[Mark, ...]
    levels: tuple[Mark, ...]  # lines across
    down_x: int | None  # from here on the mailbox is unreachable
    down_width: int
    label: str
    rows: tuple[tuple[str, int, int], ...]  # as a table: hour, tickets, everything else


def spark_of(arrivals: Arrivals, *, down_hours: int, is_paused: bool) -> Spark:
    """One bar for each hour. down_hours: in how many of the last ones the mailbox could not be read."""
    most = max(arrivals.seen, default=0) or 1
    room = _SPARK_HEIGHT - _SPARK_LEAST
    bars = []
    for position, count in enumerate(arrivals.seen):
        height = _SPARK_LEAST + round(room * count / most)
        css = _spark_css(len(arrivals.seen) - position, count, down_hours=down_hours)
        bars.append(Bar(x=_SPARK_STEP * position, y=_SPARK_HEIGHT - height, height=height, css=css))
    return Spark(tuple(bars), _spark_label(arrivals, down_hours=down_hours, is_paused=is_paused))


def _spark_css(hours_ago: int, count: int, *, down_hours: int) -> str:
    if hours_ago <= down_hours:
        return "gap"
    return "hi" if hours_ago <= _RECENT and count else ""


def _spark_label(arrivals: Arrivals, *, down_hours: int, is_paused: bool) -> str:
    if is_paused and not arrivals.total:
        return _("Paused, no messages")
    if down_hours:
        return ngettext(
            "Messages per hour, %(total)d in 24 hours; unreachable in the last hour",
            "Messages per hour, %(total)d in 24 hours; unreachable for the last %(n)d hours",
            down_hours,
        ) % {"total": arrivals.total, "n": down_hours}
    return _("Messages per hour, %(total)d in 24 hours") % {"total": arrivals.total}


def day_chart_of(arrivals: Arrivals, *, down_hours: int) -> DayChart:
    """The same hours at a readable size."""
    top = _round_top(max(arrivals.seen, default=0))
    names = _hour_names(arrivals)
    tickets, others, marks = [], [], []
    for position, (seen, made) in enumerate(zip(arrivals.seen, arrivals.tickets, strict=True)):
        x, low = _CHART_LEFT + _CHART_STEP * position, round(_CHART_HEIGHT * made / top)
        high = round(_CHART_HEIGHT * seen / top)
        if low:
            tickets.append(Bar(x, _CHART_FLOOR - low, low))
        if high > low:
            others.append(Bar(x, _CHART_FLOOR - high, max(high - low - 1, 1)))
        if position % _LABEL_EVERY == 1:
            marks.append(Mark(x + 8, _CHART_FLOOR + 20, names[position]))
    levels = tuple(Mark(14, _CHART_FLOOR - _CHART_HEIGHT * part // 2, str(top * part // 2)) for part in range(3))
    down_x = _CHART_LEFT + _CHART_STEP * (len(names) - down_hours) - 4 if down_hours else None
    return DayChart(
        tickets=tuple(tickets),
        others=tuple(others),
        hours=tuple(marks),
        levels=levels,
        down_x=down_x,
        down_width=_CHART_WIDTH - down_x if down_x is not None else 0,
        label=_("Messages per hour. %(tickets)d belong to tickets, %(others)d do not.")
        % {"tickets": sum(arrivals.tickets), "others": arrivals.total - sum(arrivals.tickets)},
        rows=tuple(
            (name, made, seen - made) for name, seen, made in zip(names, arrivals.seen, arrivals.tickets, strict=True)
        ),
    )


def _round_top(most: int) -> int:
    """The least even number with one leading digit (or 12, 16 …) that holds the highest bar."""
    scale = 1
    while True:
        for step in (2, 4, 6, 8, 12, 16):
            if most <= step * scale:
                return step * scale
        scale *= 10


def _hour_names(arrivals: Arrivals) -> Sequence[str]:
    hours = (arrivals.first_hour_at + timedelta(hours=position) for position in range(len(arrivals.seen)))
    return [f"{timezone.localtime(hour):%H:%M}" for hour in hours]
