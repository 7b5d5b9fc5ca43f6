"""Writing rules: each change of what one says is a version, each change at all an entry of the configuration log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import models, transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.lib.errors import ChangedMeanwhile, DomainError
from helpdesk.lib.text import clean_line
from helpdesk.tenancy import counters
from ticketing.inbound.rules.written import Action, Group, actions_of, group_of, stored_actions, stored_group
from ticketing.models import Rule, RuleVersion
from ticketing.models.rules import AppliesTo
from ticketing.rule_words import said_of
from ticketing.services.policy_version import policy_changed
from ticketing.services.rules.checking import problem_of_rule

MAX_RULES = 500


@dataclass(frozen=True)
class RuleInput:
    """A rule as a person writes it."""

    name: str
    conditions: Group
    actions: Sequence[Action]
    applies_to: AppliesTo = AppliesTo.NEW
    version: int | None = None  # that the person saw; None: whatever stands is replaced


@transaction.atomic
def create_rule(data: RuleInput, *, actor: Membership | None = None) -> Rule:
    """The rule is the last one, on, and asked about the next mail. Inside the scope.

    Raises DomainError: rule_incomplete, too_many.
    """
    _check(data)
    counters.take()  # one at a time: two that are made at once have a place each
    last = _kept().order_by("-place").first()
    if _kept().count() >= MAX_RULES:
        raise DomainError(_("An organization has at most %(most)s rules.") % {"most": MAX_RULES}, code="too_many")
    rule: Rule = Rule.objects.create(place=last.place + 1 if last else 1, **_columns(data))
    _note_version(rule, actor=actor)
    audit.record("rule.created", target=rule, actor=actor, changes={"rule": ("", said_of(rule))})
    policy_changed()
    return rule


@transaction.atomic
def change_rule(rule: Rule, data: RuleInput, *, actor: Membership | None = None, restores: int | None = None) -> Rule:
    """The rule says this from now on. Saving what it says already changes nothing.

    restores: the number of the version that it brings back. Raises ChangedMeanwhile, or DomainError (rule_incomplete).
    """
    _check(data)
    counters.take()
    current: Rule = Rule.objects.get(pk=rule.pk)
    if data.version is not None and data.version != current.version:
        raise ChangedMeanwhile
    before, columns = _said(current), _columns(data)
    if all(getattr(current, name) == value for name, value in columns.items()) and current.deleted_at is None:
        return current
    for name, value in columns.items():
        setattr(current, name, value)
    current.version += 1
    current.deleted_at = None
    current.save()
    _note_version(current, actor=actor, restores=restores)
    changes = {name: (old, new) for name, old, new in _differences(before, _said(current))}
    audit.record("rule.restored" if restores else "rule.changed", target=current, actor=actor, changes=changes)
    policy_changed()
    return current


@transaction.atomic
def restore_version(rule: Rule, *, number: int, actor: Membership | None = None) -> Rule:
    """The rule says again what it said in that version, as a new one; a deleted rule is there again.

    Raises RuleVersion.DoesNotExist, or DomainError where it cannot be kept any more.
    """
    version = RuleVersion.objects.get(rule=rule, number=number)
    data = RuleInput(
        name=version.name,
        conditions=group_of(version.conditions),
        actions=actions_of(version.actions),
        applies_to=AppliesTo(version.applies_to),
    )
    return change_rule(rule, data, actor=actor, restores=number)


@transaction.atomic
def switch_rule(rule: Rule, *, is_active: bool, actor: Membership | None = None) -> None:
    """The rule is on or off."""
    moment = clock.now()
    if not _kept().filter(pk=rule.pk).exclude(is_active=is_active).update(is_active=is_active, switched_at=moment):
        return
    audit.record("rule.switched_on" if is_active else "rule.switched_off", target=rule, actor=actor)
    policy_changed()


@transaction.atomic
def place_rule(rule: Rule, *, place: int, actor: Membership | None = None) -> int:
    """The rule is the so-manieth (from 1; the nearest there is), the others keep their order; gives its place."""
    counters.take()
    order = list(_kept().order_by("place", "id"))
    before = next(at for at, each in enumerate(order) if each.pk == rule.pk)
    moved = order.pop(before)
    after = max(0, min(place - 1, len(order)))
    order.insert(after, moved)
    for at, each in enumerate(order, start=1):
        each.place = at
    Rule.objects.bulk_update(order, ["place"])
    if after != before:
        audit.record("rule.moved", target=moved, actor=actor, changes={"place": (before + 1, after + 1)})
        policy_changed()
    return after + 1


@transaction.atomic
def delete_rule(rule: Rule, *, actor: Membership | None = None) -> None:
    """The rule is asked no more. Histories name it still, and any version of it can be brought back."""
    if _kept().filter(pk=rule.pk).update(deleted_at=clock.now()):
        audit.record("rule.deleted", target=rule, actor=actor, changes={"rule": (said_of(rule), "")})
        policy_changed()


def _kept() -> models.QuerySet[Rule]:
    return Rule.objects.filter(deleted_at=None)


def _check(data: RuleInput) -> None:
    problem = "" if clean_line(data.name).strip() else _("Give the rule a name, under which histories tell of it.")
    problem = problem or problem_of_rule(data.conditions, tuple(data.actions))
    if problem:
        raise DomainError(problem, code="rule_incomplete")


def _columns(data: RuleInput) -> dict[str, object]:
    return {
        "name": " ".join(clean_line(data.name).split())[:80],
        "applies_to": data.applies_to.value,
        "conditions": stored_group(data.conditions),
        "actions": stored_actions(data.actions),
    }


def _note_version(rule: Rule, *, actor: Membership | None, restores: int | None = None) -> None:
    RuleVersion.objects.create(
        rule=rule,
        number=rule.version,
        name=rule.name,
        applies_to=rule.applies_to,
        conditions=rule.conditions,
        actions=rule.actions,
        restores=restores,
        by=actor,
        at=clock.now(),
    )


def _said(rule: Rule) -> dict[str, str]:
    return {"name": rule.name, "rule": said_of(rule)}


def _differences(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str, str]]:
    return [(name, before[name], after[name]) for name in after if before[name] != after[name]]
