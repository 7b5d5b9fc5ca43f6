"""The actions of the rules that matched a mail, carried out on its ticket in mind. Pure.

Actions count in the order of the rules, and later ones win: what one sets and another sets anew happens once, as the
last one says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ticketing.fields.reading import read_value
from ticketing.fields.values import BadValue, Value
from ticketing.inbound.rules.compiled import CompiledRule, Matched
from ticketing.inbound.rules.effects import Done, Left, RuleChange, RuleEffects, Standing, told_value
from ticketing.inbound.rules.targets import TagTarget, Targets
from ticketing.inbound.rules.written import Action
from ticketing.models import ALLOWED_TRANSITIONS, EventKind
from ticketing.models.rules import Act

_FIELDS = {
    Act.TEAM: "team_id",
    Act.ASSIGN: "assignee_id",
    Act.ASSIGN_TURN: "assignee_id",
    Act.ASSIGN_LEAST: "assignee_id",
    Act.CATEGORY: "category_id",
    Act.PRIORITY: "priority",
    Act.STATUS: "status",
}
# What is done to mail of the history, too: it sorts it, and nobody hears of that.
_QUIET = frozenset(
    {
        Act.TEAM,
        Act.CATEGORY,
        Act.PRIORITY,
        Act.ADD_TAG,
        Act.REMOVE_TAG,
        Act.FIELD,
        Act.NO_ACKNOWLEDGEMENT,
        Act.STOP,
    }
)
_EVENTS = {
    "team_id": EventKind.TEAM_CHANGED,
    "assignee_id": EventKind.ASSIGNEE_CHANGED,
    "category_id": EventKind.CATEGORY_CHANGED,
    "priority": EventKind.PRIORITY_CHANGED,
    "status": EventKind.STATUS_CHANGED,
}


def effects_of(matched: Sequence[Matched], *, before: Standing, targets: Targets) -> RuleEffects:
    """What the matched rules do to the ticket as it stands."""
    run = _Run(before, targets)
    for each in matched:
        for action in each.rule.actions:
            run.carry_out(each.rule, action)
    return run.effects(matched)


@dataclass
class _Setting:
    """What a field of the ticket becomes, and by which action (a position in `done`)."""

    value: object
    at: int
    turn: tuple[int, int] | None = None  # team and member, of an assignment in turn


class _Run:
    """The actions so far."""

    def __init__(self, before: Standing, targets: Targets) -> None:
        self._before, self._targets = before, targets
        self._done: list[Done] = []
        self._settings: dict[str, _Setting] = {}
        self._tags: dict[str, tuple[bool, int, TagTarget]] = {}  # by name: whether it is there, by which action
        self._notes: list[tuple[CompiledRule, str]] = []
        self._copies: dict[int, CompiledRule] = {}
        self._fields: dict[str, tuple[Value | None, int]] = {}  # by key: the value, by which action
        self._silenced_by: CompiledRule | None = None
        self._canned: tuple[int, int] | None = None  # the reply, by which action
        self._participants: dict[str, CompiledRule] = {}  # by address

    def carry_out(self, rule: CompiledRule, action: Action) -> None:
        """The action counts from here on."""
        act = action.act
        if self._before.is_history and act not in _QUIET:
            self._done.append(Done(rule, action, self._targets.named(action), Left.HISTORY))
        elif act in (Act.ADD_TAG, Act.REMOVE_TAG):
            self._tag(rule, action)
        elif act is Act.NOTE:
            self._notes.append((rule, action.value))
            self._done.append(Done(rule, action))
        elif act is Act.ALSO_OPEN:
            self._also_open(rule, action)
        elif act is Act.FIELD:
            self._field(rule, action)
        elif act is Act.CANNED:
            self._answer(rule, action)
        elif act is Act.PARTICIPANT:
            self._participant(rule, action)
        elif act is Act.NO_ACKNOWLEDGEMENT:
            self._silenced_by = self._silenced_by or rule
            self._done.append(Done(rule, action))
        elif act is Act.STOP:
            self._done.append(Done(rule, action))
        else:
            self._set(rule, action)

    def effects(self, matched: Sequence[Matched]) -> RuleEffects:
        """All of it, as one."""
        changed = {name: each for name, each in self._settings.items() if each.value != getattr(self._before, name)}
        for name, each in self._settings.items():
            if name not in changed:
                self._leave(each.at, Left.SAME)
        tags, fields = list(self._changed_tags()), dict(self._changed_fields())
        values = {name: each.value for name, each in changed.items()}
        if fields:
            after = dict(self._before.fields) | {key: value for key, (value, _at) in fields.items()}
            values["fields"] = {key: value for key, value in after.items() if value is not None}
        return RuleEffects(
            matched=tuple(matched),
            done=tuple(self._done),
            changes=(
                *self._field_changes(changed),
                *self._custom_changes(fields),
                *self._tag_changes(tags),
                *self._participant_changes(),
            ),
            values=values,
            added_tags=tuple(tag for is_there, _at, tag in tags if is_there),
            removed_tags=tuple(tag for is_there, _at, tag in tags if not is_there),
            turns=dict(each.turn for each in changed.values() if each.turn is not None),
            notes=tuple(self._notes),
            copies=tuple((rule, team_id) for team_id, rule in self._copies.items()),
            silenced_by=self._silenced_by,
            canned=(self._done[self._canned[1]].rule, self._canned[0]) if self._canned else None,
            participants=tuple(self._participants),
        )

    def _set(self, rule: CompiledRule, action: Action) -> None:
        name = _FIELDS[action.act]
        setting, shown, left = self._wanted(action)
        self._done.append(Done(rule, action, shown, left))
        if left is not None:
            return
        setting.at = len(self._done) - 1
        if name in self._settings:
            self._leave(self._settings[name].at, Left.OVERRULED)
        self._settings[name] = setting

    def _wanted(self, action: Action) -> tuple[_Setting, str, Left | None]:
        """What the field becomes, its name for people, and why not."""
        targets, value = self._targets, action.value
        if action.act is Act.PRIORITY:
            return _Setting(value, 0), value, None
        if action.act is Act.STATUS:
            current = self._now("status")
            is_allowed = value == current or value in ALLOWED_TRANSITIONS[str(current)]
            return _Setting(value, 0), value, None if is_allowed else Left.NOT_ALLOWED
        if action.act in (Act.ASSIGN_TURN, Act.ASSIGN_LEAST):
            return self._one_of_team(action)
        if not value:
            return _Setting(None, 0), "", None
        known = {Act.TEAM: targets.teams, Act.ASSIGN: targets.able, Act.CATEGORY: targets.usable_categories}
        found = known[action.act].get(int(value))
        return _Setting(int(value), 0), found or "", None if found is not None else Left.GONE

    def _one_of_team(self, action: Action) -> tuple[_Setting, str, Left | None]:
        team_id = int(action.value) if action.value else self._now("team_id")
        nobody = _Setting(None, 0)
        if not isinstance(team_id, int):
            return nobody, "", Left.NO_TEAM
        if team_id not in self._targets.teams:
            return nobody, "", Left.GONE
        waiting = self._targets.in_turn(team_id)
        if not waiting:
            return nobody, self._targets.teams[team_id], Left.NOBODY
        chosen = waiting[0]
        if action.act is Act.ASSIGN_LEAST:
            chosen = min(waiting, key=lambda each: self._targets.loads.get(each, 0))
        return _Setting(chosen, 0, turn=(team_id, chosen)), self._targets.able[chosen], None

    def _now(self, name: str) -> object:
        setting = self._settings.get(name)
        return setting.value if setting is not None else getattr(self._before, name)

    def _tag(self, rule: CompiledRule, action: Action) -> None:
        key = action.value.casefold()
        tag = self._targets.tags[key]
        self._done.append(Done(rule, action, tag.name))
        if key in self._tags:
            is_there, at, _tag = self._tags[key]
            self._leave(at, Left.SAME if is_there == (action.act is Act.ADD_TAG) else Left.OVERRULED)
        self._tags[key] = (action.act is Act.ADD_TAG, len(self._done) - 1, tag)

    def _changed_tags(self) -> Iterator[tuple[bool, int, TagTarget]]:
        for key, (is_there, at, tag) in self._tags.items():
            if is_there == (key in self._before.tags):
                self._leave(at, Left.SAME)
            else:
                yield is_there, at, tag

    def _field(self, rule: CompiledRule, action: Action) -> None:
        known, value, left = self._targets.fields.get(action.field), None, None
        if known is None or not known.is_active:
            left = Left.GONE
        else:
            try:
                value = read_value(known, action.value)
            except BadValue:
                left = Left.BAD_VALUE
        name = f"{known.label if known else action.field}: {action.value}"
        self._done.append(Done(rule, action, name, left))
        if left is None:
            if action.field in self._fields:
                self._leave(self._fields[action.field][1], Left.OVERRULED)
            self._fields[action.field] = (value, len(self._done) - 1)

    def _changed_fields(self) -> Iterator[tuple[str, tuple[Value | None, int]]]:
        for key, (value, at) in self._fields.items():
            if value == self._before.fields.get(key):
                self._leave(at, Left.SAME)
            else:
                yield key, (value, at)

    def _custom_changes(self, fields: Mapping[str, tuple[Value | None, int]]) -> Iterator[RuleChange]:
        for key, (value, at) in fields.items():
            known = self._targets.fields[key]
            data: dict[str, object] = {"field": key, "label": known.label, "kind": known.kind.value}
            data |= {"from": told_value(self._before.fields.get(key)), "to": told_value(value)}
            yield RuleChange(self._done[at].rule, EventKind.FIELD_CHANGED, data)

    def _also_open(self, rule: CompiledRule, action: Action) -> None:
        team_id = int(action.value)
        name = self._targets.teams.get(team_id)
        left = Left.GONE if name is None else Left.SAME if team_id in self._copies else None
        self._done.append(Done(rule, action, name or "", left))
        if left is None:
            self._copies[team_id] = rule

    def _answer(self, rule: CompiledRule, action: Action) -> None:
        """One mail gets one canned reply: the last."""
        reply_id, before = int(action.value), self._canned
        name = self._targets.canned.get(reply_id)
        is_same = before is not None and before[0] == reply_id
        left = Left.GONE if name is None else Left.SAME if is_same else None
        self._done.append(Done(rule, action, name or "", left))
        if left is None:
            if before is not None:
                self._leave(before[1], Left.OVERRULED)
            self._canned = (reply_id, len(self._done) - 1)

    def _participant(self, rule: CompiledRule, action: Action) -> None:
        address = action.value.lower()
        self._done.append(Done(rule, action, address, Left.SAME if address in self._participants else None))
        self._participants.setdefault(address, rule)

    def _participant_changes(self) -> Iterator[RuleChange]:
        for address, rule in self._participants.items():
            yield RuleChange(rule, EventKind.PARTICIPANT_ADDED, {"address": address})

    def _leave(self, at: int, why: Left) -> None:
        done = self._done[at]
        self._done[at] = Done(done.rule, done.action, done.name, done.left or why)

    def _field_changes(self, changed: Mapping[str, _Setting]) -> Iterator[RuleChange]:
        for name, setting in sorted(changed.items(), key=lambda item: item[1].at):
            before = getattr(self._before, name)
            data: dict[str, object] = {"from": before, "to": setting.value}
            if name.endswith("_id"):
                named = self._targets.name_of
                data = {"from": named(name, before), "to": named(name, setting.value)}
                data |= {"from_id": before, "to_id": setting.value}
            yield RuleChange(self._done[setting.at].rule, _EVENTS[name], data)

    def _tag_changes(self, tags: Sequence[tuple[bool, int, TagTarget]]) -> Iterator[RuleChange]:
        for is_there, at, tag in tags:
            kind = EventKind.TAG_ADDED if is_there else EventKind.TAG_REMOVED
            yield RuleChange(self._done[at].rule, kind, {"tag": tag.name, "hue": tag.hue})
