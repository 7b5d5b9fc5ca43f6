"""What the rules did, for the ticket's history and for the trace in the inbound log."""

from __future__ import annotations

from typing import Any

from ticketing.inbound.events import Happening
from ticketing.inbound.rules.compiled import CompiledRule, Hit
from ticketing.inbound.rules.effects import RuleEffects

MAX_TOLD_HITS = 10
MAX_TOLD_CHARS = 200


def rule_entries(effects: RuleEffects) -> list[Happening]:
    """The entries of the ticket's own history, each with the rule that made it."""
    return [Happening(each.kind, dict(each.data) | named(each.rule), cause="rule") for each in effects.changes]


def named(rule: CompiledRule) -> dict[str, object]:
    """The rule as an entry of a history names it."""
    return {"rule": rule.id, "rule_name": rule.name}


def rule_trace(effects: RuleEffects) -> tuple[dict[str, Any], ...]:
    """An object for each rule that matched: by what, and what became of its actions. In no language but its own."""
    return tuple(
        {
            "rule": each.rule.id,
            "name": each.rule.name,
            "version": each.rule.version,
            "hits": [told_hit(hit) for hit in each.hits[:MAX_TOLD_HITS]],
            "did": [
                {"act": done.action.act.value, "name": (done.name or done.action.value)[:MAX_TOLD_CHARS]}
                | ({"left": done.left.value} if done.left else {})
                for done in effects.done
                if done.rule is each.rule
            ],
        }
        for each in effects.matched
    )


def told_hit(hit: Hit) -> dict[str, Any]:
    """By what a condition held."""
    told: dict[str, Any] = {"look": hit.condition.look.value, "found": hit.found[:MAX_TOLD_CHARS]}
    if hit.condition.header:
        told["header"] = hit.condition.header
    if hit.condition.is_negated:
        told["not"] = True
    return told
