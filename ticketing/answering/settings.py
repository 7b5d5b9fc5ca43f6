"""What is set about automatic answers, as the policy asks about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ticketing.answering.limits import entries_of
from ticketing.inbound.filtering import Filter, compile_filter
from ticketing.models import AnswerLimits, AnswerPolicy, FilterMode
from ticketing.models.answers import MAX_ANSWERS, WITHIN_HOURS

_NOTHING = compile_filter(FilterMode.EVERYTHING, ())


@dataclass(frozen=True)
class Answering:
    """Which mail of a mailbox is answered by itself."""

    acknowledges: bool = False  # new tickets
    tells_not_worked: bool = False  # who writes to a mailbox that opens none
    tells_too_large: bool = False  # whose mail is larger than the mailbox takes
    unanswered: Filter = _NOTHING  # what matches it is never answered
    max_answers: int = MAX_ANSWERS  # to one address, whatever mailbox gives them
    within_hours: int = WITHIN_HOURS


SILENT = Answering()


@dataclass(frozen=True)
class LoadedAnswering:
    """What is set for each mailbox that says something of its own, and for the others."""

    of_others: Answering
    by_mailbox: Mapping[int, Answering]


def load_answering() -> LoadedAnswering:
    """As it is set now. Two queries, inside the organization's scope."""
    limits = AnswerLimits.objects.first() or AnswerLimits()
    listed = limits.unanswered
    unanswered = compile_filter(FilterMode.IGNORE, entries_of(listed)) if listed else SILENT.unanswered
    rows = {row.mailbox_id: row for row in AnswerPolicy.objects.all()}
    of_all = rows.pop(None, None)
    others = replace(SILENT, unanswered=unanswered, max_answers=limits.max_answers, within_hours=limits.within_hours)
    others = others if of_all is None else _over(others, of_all)
    own = {mailbox_id: _over(others, row) for mailbox_id, row in rows.items() if mailbox_id is not None}
    return LoadedAnswering(others, own)


def _over(base: Answering, policy: AnswerPolicy) -> Answering:
    """What the policy says; where it says nothing, as it was."""
    return replace(
        base,
        acknowledges=_said(policy.acknowledges, base.acknowledges),
        tells_not_worked=_said(policy.tells_not_worked, base.tells_not_worked),
        tells_too_large=_said(policy.tells_too_large, base.tells_too_large),
    )


def _said(own: bool | None, otherwise: bool) -> bool:  # noqa: FBT001  two answers to one question
    return otherwise if own is None else own
