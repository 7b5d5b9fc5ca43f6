"""How often anybody is answered by itself, and who never is: as stored, or as it is where nothing was set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ticketing.inbound.filtering import Entry
from ticketing.models import AnswerLimits, EntryKind


def limits() -> AnswerLimits:
    """The organization's limits; unsaved ones with the defaults where none were set. Inside its scope."""
    return AnswerLimits.objects.first() or AnswerLimits()


def entries_of(unanswered: Mapping[str, Sequence[str]]) -> list[Entry]:
    """The stored list of what is never answered, as entries of a filter."""
    return [Entry(EntryKind(kind), value) for kind, values in unanswered.items() for value in values]
