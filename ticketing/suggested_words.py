"""Words that automatic answers carry in many installations: one click puts them into a filter."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ticketing.inbound.filtering import Entry, Filter, compile_filter, even
from ticketing.models.filters import EntryKind, FilterMode

_WORDS = ("Auto Reply", "Out of Office", "Automatic Reply", "Do Not Reply")  # as mail servers write them
SUGGESTED: Mapping[str, Filter] = {
    words: compile_filter(FilterMode.IGNORE, [Entry(EntryKind.WORDS, even(words))]) for words in _WORDS
}


@dataclass(frozen=True)
class Suggestion:
    """Words to add."""

    words: str
    count: int | None  # of past mails that hold them; None: not counted


def suggestions(present: Collection[str]) -> list[Suggestion]:
    """Those that are not in the filter yet."""
    known = {even(words) for words in present}
    return [Suggestion(words, None) for words in SUGGESTED if even(words) not in known]
