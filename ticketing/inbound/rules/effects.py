"""What rules do to the ticket of a mail, as values: what changes, what was left and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ticketing.fields.values import Value
from ticketing.inbound.rules.compiled import CompiledRule, Matched
from ticketing.inbound.rules.targets import TagTarget
from ticketing.inbound.rules.written import Action
from ticketing.models import EventKind


class Left(StrEnum):
    """Why an action was not carried out."""

    OVERRULED = "overruled"  # another action further down set the same
    SAME = "same"  # it was so already
    GONE = "gone"  # what it names was deleted or retired, or may not work on tickets any more
    NO_TEAM = "no_team"  # the ticket has none whose members could have it
    NOBODY = "nobody"  # nobody in the team can work on tickets
    NOT_ALLOWED = "not_allowed"  # the status cannot follow the ticket's
    BAD_VALUE = "bad_value"  # the field does not take it (any more)
    HISTORY = "history"  # the mail was there before: nobody is given it, told of it or answered


@dataclass(frozen=True, slots=True)
class Standing:
    """The ticket as it is without rules."""

    status: str
    priority: str
    team_id: int | None = None
    assignee_id: int | None = None
    category_id: int | None = None
    tags: frozenset[str] = frozenset()  # their names, case folded
    fields: Mapping[str, Value] = field(default_factory=dict)  # custom ones, by key
    is_history: bool = False  # the mail: only what calls for nobody is done


@dataclass(frozen=True, slots=True)
class Done:
    """One action of a rule, and what became of it."""

    rule: CompiledRule
    action: Action
    name: str = ""  # of what it gives, for people
    left: Left | None = None


@dataclass(frozen=True, slots=True)
class RuleChange:
    """An entry of the ticket's history."""

    rule: CompiledRule
    kind: EventKind
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RuleEffects:
    """Everything the rules do; nothing for a mail that none matched."""

    matched: Sequence[Matched] = ()
    done: Sequence[Done] = ()
    changes: Sequence[RuleChange] = ()
    values: Mapping[str, object] = field(default_factory=dict)  # columns of the ticket that change
    added_tags: Sequence[TagTarget] = ()
    removed_tags: Sequence[TagTarget] = ()
    turns: Mapping[int, int] = field(default_factory=dict)  # by team: who had the last turn now
    notes: Sequence[tuple[CompiledRule, str]] = ()
    copies: Sequence[tuple[CompiledRule, int]] = ()  # teams that get a ticket of their own
    silenced_by: CompiledRule | None = None  # the rule that wants no acknowledgement sent
    canned: tuple[CompiledRule, int] | None = None  # the rule that answers, and with which canned reply
    participants: Sequence[str] = ()  # addresses that answers to the mail go to as well

    def __bool__(self) -> bool:
        return bool(self.matched)


NO_EFFECTS = RuleEffects()
_TOLD_CHARS = 400


def told_value(value: Value | None) -> Value | None:
    """The value as a history tells it: of long texts the beginning."""
    return value[:_TOLD_CHARS] if isinstance(value, str) else value
