"""Conditions and actions as values, and as the JSON that is stored. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ticketing.models.rules import Act, Compare, Joined, Look


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; any of its values suffices."""

    look: Look
    compare: Compare
    values: tuple[str, ...] = ()
    is_negated: bool = False
    header: str = ""  # its name, of HEADER alone


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions and groups, joined."""

    joined: Joined = Joined.ALL
    parts: tuple[Condition | Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that is done."""

    act: Act
    value: str = ""  # an id, a word or a text; "" for nobody and none
    field: str = ""  # the key of the custom field, of FIELD alone


def group_of(stored: Mapping[str, Any]) -> Group:
    """The group that is stored so; an empty one for nothing."""
    joined = Joined(stored.get("joined", Joined.ALL))
    return Group(joined, tuple(_node(each) for each in stored.get("parts", ())))


def stored_group(group: Group) -> dict[str, Any]:
    """The group as it is stored."""
    parts = [stored_group(each) if isinstance(each, Group) else _stored_condition(each) for each in group.parts]
    return {"joined": group.joined.value, "parts": parts}


def actions_of(stored: Sequence[Mapping[str, str]]) -> tuple[Action, ...]:
    """The actions that are stored so, in order."""
    return tuple(Action(Act(each["act"]), each.get("value", ""), each.get("field", "")) for each in stored)


def stored_actions(actions: Sequence[Action]) -> list[dict[str, str]]:
    """The actions as they are stored."""
    return [
        {"act": each.act.value, "value": each.value} | ({"field": each.field} if each.field else {}) for each in actions
    ]


def conditions_in(group: Group) -> Iterator[Condition]:
    """Every condition, however deep."""
    for part in group.parts:
        if isinstance(part, Group):
            yield from conditions_in(part)
        else:
            yield part


def _node(stored: Mapping[str, Any]) -> Condition | Group:
    if "parts" in stored:
        return group_of(stored)
    return Condition(
        look=Look(stored["look"]),
        compare=Compare(stored["compare"]),
        values=tuple(stored.get("values", ())),
        is_negated=bool(stored.get("not", False)),
        header=stored.get("header", ""),
    )


def _stored_condition(condition: Condition) -> dict[str, Any]:
    stored: dict[str, Any] = {"look": condition.look.value, "compare": condition.compare.value}
    if condition.values:
        stored["values"] = list(condition.values)
    if condition.is_negated:
        stored["not"] = True
    if condition.header:
        stored["header"] = condition.header
    return stored
