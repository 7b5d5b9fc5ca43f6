"""A rule as it stands in its form: read from what was sent, changed by its buttons, made into a rule.

The fields: `node` (key, key of its group, kind; in order), and for each key what belongs to it; `action` the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from django.http import QueryDict
from django.utils.translation import gettext as _

from ticketing.forms.rules.choices import Choices
from ticketing.forms.rules.nodes import ActionNode, ConditionNode, GroupNode
from ticketing.inbound.rules.written import Action, Group, actions_of, group_of
from ticketing.models import Rule, RuleTrial
from ticketing.models.rules import AppliesTo, Joined
from ticketing.services.rules.checking import MAX_ACTIONS, MAX_CONDITIONS, MAX_LEVELS, problem_of_rule
from ticketing.services.rules.saving import RuleInput

MAX_NODES = 2 * MAX_CONDITIONS


@dataclass
class RuleDraft:
    """The form's content."""

    root: GroupNode
    actions: list[ActionNode]
    name: str = ""
    applies_to: AppliesTo = AppliesTo.NEW
    version: int = 0
    focus: int = 0  # the key of what was just added
    problems: list[str] = field(default_factory=list)  # of the whole
    name_problem: str = ""
    choices: Choices = field(default_factory=Choices)

    @classmethod
    def blank(cls) -> RuleDraft:
        """One condition and one action to be filled in."""
        return cls(GroupNode(1, parts=[ConditionNode(2)]), [ActionNode(3)])

    @classmethod
    def of(cls, row: Rule | RuleTrial, *, version: int) -> RuleDraft:
        """Shows a rule, or one as it was tried."""
        keys = count(1)
        root = GroupNode.of(keys, group_of(row.conditions))
        actions = [ActionNode(next(keys), each.act, each.value, each.field) for each in actions_of(row.actions)]
        return cls(root, actions, row.name, AppliesTo(row.applies_to), version)

    @classmethod
    def posted(cls, data: QueryDict) -> RuleDraft:
        """As the form sent it; what is no form becomes an empty rule."""
        groups: dict[str, GroupNode] = {}
        root: GroupNode | None = None
        for text in data.getlist("node")[:MAX_NODES]:
            key, _colon, rest = text.partition(":")
            parent, _colon, kind = rest.partition(":")
            if not _is_key(key):
                continue
            above = groups.get(parent)
            if kind == "group" and (above is not None or root is None):
                made = GroupNode(
                    int(key), _joined(data.get(f"joined-{key}", "")), level=above.level + 1 if above else 1
                )
                groups[key] = made
                root = root or made
                if above is not None:
                    above.parts.append(made)
            elif above is not None:
                above.parts.append(ConditionNode.posted(int(key), data))
        keys = [text for text in data.getlist("action")[: MAX_ACTIONS + 1] if _is_key(text)]
        applies_to, version = data.get("applies_to", ""), data.get("version", "")
        return cls(
            root or GroupNode(1),
            [ActionNode.posted(int(key), data) for key in keys],
            data.get("name", "").strip()[:80],
            AppliesTo(applies_to) if applies_to in AppliesTo.values else AppliesTo.NEW,
            int(version) if _is_key(version) else 0,
        )

    def change(self, command: str, *, without: str = "") -> None:
        """What a button of the form asks for. without: a key and one of its values, to be taken out."""
        what, _blank, text = command.partition(" ")
        key = int(text) if _is_key(text) else 0
        if what in ("add-condition", "add-group"):
            self._add(what, self._group(key))
        elif what == "remove":
            self.root.remove(key)
        elif what == "add-action" and len(self.actions) < MAX_ACTIONS:
            self.focus = self._next_key()
            self.actions.append(ActionNode(self.focus))
        elif what == "remove-action":
            self.actions = [each for each in self.actions if each.key != key]
        elif what == "raise-action":
            self._raise(key)
        at, _blank, value = without.partition(" ")
        for node in self._conditions():
            if value and str(node.key) == at:
                node.values = [each for each in node.values if each != value]

    def check(self) -> bool:
        """True if it can be kept; otherwise its parts say what is wrong."""
        self.name_problem = "" if self.name else _("Give the rule a name, under which histories tell of it.")
        checks = [not self.name_problem, *(node.check() for node in self._conditions())]
        checks += [each.check(self.choices) for each in self.actions]
        if all(checks):
            problem = problem_of_rule(self.group(), self.written_actions())
            self.problems = [problem] if problem else []
        return all(checks) and not self.problems

    def rule_input(self) -> RuleInput:
        """What is entered; call it once `check` says yes."""
        return RuleInput(self.name, self.group(), self.written_actions(), self.applies_to, version=self.version or None)

    def group(self) -> Group:
        """The conditions as they stand."""
        return self.root.group()

    def written_actions(self) -> tuple[Action, ...]:
        """The actions as they stand."""
        return tuple(each.action() for each in self.actions)

    @property
    def may_grow(self) -> bool:
        """There is room for another condition."""
        return sum(1 for _node in self._conditions()) < MAX_CONDITIONS

    @property
    def applies_choices(self) -> Sequence[AppliesTo]:
        """Which mail it may look at."""
        return list(AppliesTo)

    def _conditions(self) -> Iterator[ConditionNode]:
        return (node for node in self.root.walk() if isinstance(node, ConditionNode))

    def _group(self, key: int) -> GroupNode:
        groups = (node for node in self.root.walk() if isinstance(node, GroupNode))
        return next((node for node in groups if node.key == key), self.root)

    def _add(self, what: str, group: GroupNode) -> None:
        if not self.may_grow:
            return
        key = self._next_key()
        if what == "add-group" and group.level < MAX_LEVELS:
            made = GroupNode(key, Joined.ANY, [ConditionNode(key + 1)], level=group.level + 1)
            group.parts.append(made)
            self.focus = key + 1
        elif what == "add-condition":
            group.parts.append(ConditionNode(key))
            self.focus = key

    def _raise(self, key: int) -> None:
        at = next((at for at, each in enumerate(self.actions) if each.key == key), 0)
        if at:
            self.actions[at - 1], self.actions[at] = self.actions[at], self.actions[at - 1]
            self.focus = key

    def _next_key(self) -> int:
        used = [node.key for node in self.root.walk()] + [each.key for each in self.actions]
        return max(used, default=0) + 1


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 6


def _joined(text: str) -> Joined:
    return Joined(text) if text in Joined.values else Joined.ALL
