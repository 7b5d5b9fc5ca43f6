"""What is known to end for a mailbox, as its pages show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise

from mailboxes.deadline_words import NAMES, end_sentence, left_words, to_do
from mailboxes.deadlines import deadlines_of
from mailboxes.models import Mailbox, OutgoingServer


@dataclass(frozen=True)
class EndLine:
    """One end in words."""

    name: Promise
    sentence: str
    to_do: Promise
    ends_on: date
    left: str
    is_near: bool  # near enough to be said without being asked
    is_over: bool


def end_lines(mailbox: Mailbox, *, server: OutgoingServer | None, today: date) -> Sequence[EndLine]:
    """The ends, soonest first; reads what `deadlines_of` reads."""
    return [
        EndLine(
            name=NAMES[end.kind],
            sentence=end_sentence(end.kind, end.ends_on, today=today),
            to_do=to_do(end.kind),
            ends_on=end.ends_on,
            left=left_words(end.days_left(today)),
            is_near=end.step(today) is not None,
            is_over=end.days_left(today) < 0,
        )
        for end in deadlines_of(mailbox, server=server, today=today)
    ]
