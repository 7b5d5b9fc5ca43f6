"""Reads the rules as they are stored."""

from __future__ import annotations

from ticketing.inbound.rules.compiled import CompiledRule, compile_rule
from ticketing.inbound.rules.written import actions_of, group_of
from ticketing.models.rules import AppliesTo, Rule


def active_rules() -> tuple[CompiledRule, ...]:
    """The rules that are on, in order. One query; inside the scope."""
    rows = Rule.objects.filter(is_active=True, deleted_at=None).order_by("place", "id")
    return tuple(compiled(row) for row in rows)


def compiled(row: Rule) -> CompiledRule:
    """The rule as it stands."""
    return compile_rule(
        row.pk,
        row.name,
        version=row.version,
        applies_to=AppliesTo(row.applies_to),
        conditions=group_of(row.conditions),
        actions=actions_of(row.actions),
    )
