"""The check list in its order, and which of its lines answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ticketing.queries.whereabouts import Findings
from ticketing.whereabouts.arriving import doubled, elsewhere, junk, logged, moved
from ticketing.whereabouts.keeping import answers_only, automatic, filtered, started
from ticketing.whereabouts.letting import may_add, may_open, stopped
from ticketing.whereabouts.lines import Line, Reader, State
from ticketing.whereabouts.reading import away, delay, outages, paused, switch

CHECKS: Sequence[Callable[[Findings, Reader], Line]] = (
    switch,
    paused,
    away,
    outages,
    filtered,
    automatic,
    answers_only,
    may_open,
    may_add,
    stopped,
    delay,
    logged,
    doubled,
    started,
    moved,
    junk,
    elsewhere,
)


@dataclass(frozen=True)
class Whereabouts:
    """The list and its answer."""

    lines: Sequence[Line]
    answer: Line | None  # None: nothing is certain


def whereabouts(known: Findings, reader: Reader) -> Whereabouts:
    """What was found in the log answers, else the first line that is a cause. Pure."""
    lines = [check(known, reader) for check in CHECKS]
    causes = [line for line in lines if line.state is State.CAUSE]
    found = [line for line in lines if line.code == "log" and known.found]
    return Whereabouts(lines, answer=next(iter([*found, *causes]), None))
