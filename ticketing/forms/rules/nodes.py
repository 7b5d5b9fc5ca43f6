"""The parts of the form: a group, a condition, an action, each with what stands in it and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.functional import Promise

from ticketing.forms.rules.choices import Choices, Option
from ticketing.inbound.rules.written import Action, Condition, Group
from ticketing.models.rules import Act, Compare, Joined, Look
from ticketing.rule_words import COMPARE_WORDS
from ticketing.services.filter_entries import split_entries
from ticketing.services.rules.checking import COMPARES, VALUELESS, problem_of, problem_of_action

NOT = "not-"


@dataclass
class ConditionNode:
    """One comparison in the form."""

    key: int
    look: Look = Look.SUBJECT
    compare: Compare = Compare.CONTAINS
    is_negated: bool = False
    values: list[str] = field(default_factory=list)
    header: str = ""
    problem: str = ""
    is_group: bool = False

    @classmethod
    def posted(cls, key: int, data: QueryDict) -> ConditionNode:
        """As the form sent it; a comparison that what it looks at does not know becomes its first."""
        look = Look(data.get(f"look-{key}", "")) if data.get(f"look-{key}") in Look.values else Look.SUBJECT
        how = data.get(f"compare-{key}", "")
        is_negated, word = how.startswith(NOT), how.removeprefix(NOT)
        known = COMPARES[look]
        compare = Compare(word) if word in {each.value for each in known} else known[0]
        node = cls(key, look, compare, is_negated=is_negated, header=data.get(f"header-{key}", "").strip().lower()[:80])
        node.values = node._written(data.getlist(f"value-{key}"))
        return node

    @classmethod
    def of(cls, key: int, condition: Condition) -> ConditionNode:
        """Shows a condition."""
        return cls(
            key,
            condition.look,
            condition.compare,
            is_negated=condition.is_negated,
            values=list(condition.values),
            header=condition.header,
        )

    def condition(self) -> Condition:
        """What stands in the form."""
        values = () if self.compare is Compare.THERE else tuple(dict.fromkeys(self.values))
        return Condition(
            self.look,
            self.compare,
            values,
            is_negated=self.is_negated,
            header=self.header if self.look is Look.HEADER else "",
        )

    @property
    def looks(self) -> list[tuple[str, str]]:
        """What it may look at."""
        return [(each.value, str(each.label)) for each in Look]

    @property
    def chosen(self) -> str:
        """The comparison as its field has it."""
        return f"{NOT if self.is_negated else ''}{self.compare.value}"

    @property
    def compares(self) -> list[tuple[str, Promise]]:
        """The comparisons to choose from."""
        return [
            (f"{NOT if is_negated else ''}{each.value}", COMPARE_WORDS[each, is_negated])
            for each in COMPARES[self.look]
            for is_negated in (False, True)
        ]

    @property
    def shape(self) -> str:
        """How the values are written: none, number, lines, options or tokens."""
        if self.compare is Compare.THERE:
            return "none"
        if self.compare is Compare.OVER:
            return "number"
        if self.compare is Compare.MATCHES:
            return "lines"
        return (
            "options"
            if self.look in (Look.MAILBOX, Look.LANGUAGE, Look.SPAM, Look.TRUST, Look.COMPANY, Look.HOURS)
            else "tokens"
        )

    @property
    def quoted(self) -> list[tuple[str, str]]:
        """The values as they are shown and as they are sent: what holds a comma in quotes."""
        return [(each, f'"{each}"' if "," in each or ";" in each else each) for each in self.values]

    @property
    def as_lines(self) -> str:
        """For a text area."""
        return "\n".join(self.values)

    def options(self, choices: Choices) -> list[Option]:
        """What can be chosen, and what is chosen that is gone."""
        return choices.of_look(self.look, self.values)

    def check(self) -> bool:
        """True if it can be kept; otherwise it says what is wrong."""
        self.problem = problem_of(self.condition())
        return not self.problem

    def _written(self, sent: Sequence[str]) -> list[str]:
        if self.shape == "lines":
            return [line.strip() for each in sent for line in each.splitlines() if line.strip()]
        if self.shape == "tokens":
            found = [each for text in sent for each in split_entries(text)]
            return [each.lower().removeprefix("@") for each in found] if self.look is Look.DOMAIN else found
        return [each.strip() for each in sent if each.strip()]


@dataclass
class GroupNode:
    """Conditions and groups, joined."""

    key: int
    joined: Joined = Joined.ALL
    parts: list[ConditionNode | GroupNode] = field(default_factory=list)
    level: int = 1
    is_group: bool = True

    @classmethod
    def of(cls, keys: Iterator[int], group: Group, *, level: int = 1) -> GroupNode:
        """Shows a group."""
        node = cls(next(keys), group.joined, level=level)
        for part in group.parts:
            if isinstance(part, Group):
                node.parts.append(GroupNode.of(keys, part, level=level + 1))
            else:
                node.parts.append(ConditionNode.of(next(keys), part))
        return node

    def group(self) -> Group:
        """What stands in the form; groups without anything in them count for nothing."""
        parts = [part.group() if isinstance(part, GroupNode) else part.condition() for part in self.parts]
        return Group(self.joined, tuple(part for part in parts if not isinstance(part, Group) or part.parts))

    def walk(self) -> Iterator[ConditionNode | GroupNode]:
        """Itself and everything in it, each group before its parts."""
        yield self
        for part in self.parts:
            if isinstance(part, GroupNode):
                yield from part.walk()
            else:
                yield part

    def remove(self, key: int) -> None:
        """The part of this key is gone, however deep it was."""
        self.parts = [part for part in self.parts if part.key != key]
        for part in self.parts:
            if isinstance(part, GroupNode):
                part.remove(key)


@dataclass
class ActionNode:
    """One action in the form."""

    key: int
    act: Act = Act.TEAM
    value: str = ""
    field: str = ""  # the key of a custom field
    problem: str = ""

    @classmethod
    def posted(cls, key: int, data: QueryDict) -> ActionNode:
        """As the form sent it. The value of another kind of action is dropped."""
        act = Act(data.get(f"act-{key}", "")) if data.get(f"act-{key}") in Act.values else Act.TEAM
        value = data.get(f"to-{key}", "").strip() if data.get(f"was-{key}", act.value) == act.value else ""
        field_key = data.get(f"field-{key}", "")[:40] if act is Act.FIELD else ""
        return cls(key, act, value.replace("\r\n", "\n"), field_key)

    def action(self) -> Action:
        """What stands in the form."""
        value = " ".join(self.value.split()) if self.act in (Act.ADD_TAG, Act.REMOVE_TAG) else self.value
        return Action(self.act, "" if self.act in VALUELESS else value, self.field)

    @property
    def acts(self) -> list[tuple[str, str]]:
        """What it may do."""
        return [(each.value, str(each.label)) for each in Act]

    @property
    def shape(self) -> str:
        """How the value is written: none, options, tag, address, field or text."""
        shapes: Mapping[Act, str] = {
            Act.STOP: "none",
            Act.NO_ACKNOWLEDGEMENT: "none",
            Act.ADD_TAG: "tag",
            Act.REMOVE_TAG: "tag",
            Act.NOTE: "text",
            Act.FIELD: "field",
            Act.PARTICIPANT: "address",
        }
        return shapes.get(self.act, "options")

    def options(self, choices: Choices) -> list[Option]:
        """What can be chosen, and what is chosen that is gone."""
        return choices.of_act(self.act, self.field if self.act is Act.FIELD else self.value)

    def check(self, choices: Choices) -> bool:
        """True if it can be kept; otherwise it says what is wrong."""
        self.problem = problem_of_action(self.action())
        if not self.problem and self.shape == "options":
            self.problem = choices.problem_of(self.act, self.value)
        return not self.problem
