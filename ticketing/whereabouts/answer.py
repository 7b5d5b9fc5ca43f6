"""The check list in its order, and which of its lines answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ticketing.queries.whereabouts import Findings
from ticketing.whereabouts.arriving import doubled, elsewhere, logged, moved
from ticketing.whereabouts.junk import junk
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
    """What the log kept out answers, then what lies in the folder for spam, what else was found in the log, and the
    first line that is a cause.
    """
    lines = [check(known, reader) for check in CHECKS]
    causes = [line for line in lines if line.state is State.CAUSE]
    found = [line for line in lines if line.code == "log" and known.found]
    seen = [line for code in ("log", "junk") for line in causes if line.code == code and (code != "log" or known.found)]
    return Whereabouts(lines, answer=next(iter([*seen, *found, *causes]), None))
