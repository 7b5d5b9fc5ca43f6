"""Rules ready to be asked about many mails. Pure.

A group asks its cheap parts first, so that most rules are done with before a text is searched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ticketing.inbound.rules.comparisons import comparison
from ticketing.inbound.rules.seen import Seen
from ticketing.inbound.rules.written import Action, Condition, Group, conditions_in
from ticketing.models.rules import Act, AppliesTo, Compare, Joined, Look


@dataclass(frozen=True, slots=True)
class Hit:
    """A condition that held, and what of the mail made it so."""

    condition: Condition
    found: str = ""  # the value that matched, or what stands in the mail; "" where a negation held


Test = Callable[[Seen], tuple[Hit, ...] | None]  # None: it does not hold


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """One rule."""

    id: int
    name: str
    version: int
    applies_to: AppliesTo
    test: Test
    actions: tuple[Action, ...]
    asks_hours: bool = False

    @property
    def stops(self) -> bool:
        """No rule below is asked once it matches."""
        return any(action.act is Act.STOP for action in self.actions)


@dataclass(frozen=True, slots=True)
class Matched:
    """A rule that matched a mail, and by what."""

    rule: CompiledRule
    hits: tuple[Hit, ...]


_COST = {Look.BODY: 3, Look.LANGUAGE: 5, Look.TRUST: 3, Look.HEADER: 2, Look.SUBJECT: 1, Look.FILE_NAME: 1}
_PATTERN_COST = 4


def compile_rule(
    rule_id: int, name: str, *, version: int, applies_to: AppliesTo, conditions: Group, actions: Sequence[Action]
) -> CompiledRule:
    """The rule. One without conditions matches every mail. A pattern that is none never matches."""
    asks_hours = any(each.look is Look.HOURS for each in conditions_in(conditions))
    return CompiledRule(rule_id, name, version, applies_to, _group(conditions), tuple(actions), asks_hours)


def matching(rules: Iterable[CompiledRule], seen: Seen) -> list[Matched]:
    """The rules that match, in order, up to the first that says stop."""
    found: list[Matched] = []
    other = AppliesTo.NEW if seen.about.is_answer else AppliesTo.ANSWERS
    for rule in rules:
        if rule.applies_to is other:
            continue
        hits = rule.test(seen)
        if hits is None:
            continue
        found.append(Matched(rule, hits))
        if rule.stops:
            break
    return found


def _group(group: Group) -> Test:
    parts = sorted(group.parts, key=_cost)
    tests = tuple(_group(part) if isinstance(part, Group) else _condition(part) for part in parts)
    return {Joined.ALL: _all, Joined.ANY: _any, Joined.NONE: _none}[group.joined](tests)


def _all(tests: tuple[Test, ...]) -> Test:
    def holds(seen: Seen) -> tuple[Hit, ...] | None:
        found: tuple[Hit, ...] = ()
        for test in tests:
            hits = test(seen)
            if hits is None:
                return None
            found += hits
        return found

    return tests[0] if len(tests) == 1 else holds


def _any(tests: tuple[Test, ...]) -> Test:
    def holds(seen: Seen) -> tuple[Hit, ...] | None:
        for test in tests:
            hits = test(seen)
            if hits is not None:
                return hits
        return None if tests else ()

    return holds


def _none(tests: tuple[Test, ...]) -> Test:
    def holds(seen: Seen) -> tuple[Hit, ...] | None:
        return None if any(test(seen) is not None for test in tests) else ()

    return holds


def _condition(condition: Condition) -> Test:
    compare = comparison(condition)

    def holds(seen: Seen) -> tuple[Hit, ...] | None:
        found = compare(seen)
        return None if found is None else (Hit(condition, found),)

    def holds_not(seen: Seen) -> tuple[Hit, ...] | None:
        return (Hit(condition),) if compare(seen) is None else None

    return holds_not if condition.is_negated else holds


def _cost(part: Condition | Group) -> int:
    if isinstance(part, Group):
        return 1 + max(map(_cost, part.parts), default=0)
    if part.compare is Compare.MATCHES:
        return _PATTERN_COST
    return _COST.get(part.look, 0)
