"""What a rule that is not saved would change for a mail that came before: held against what today's rules do.

The mail goes through the very code that runs for real; nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ticketing.inbound.envelope import Envelope
from ticketing.inbound.rules.compiled import CompiledRule, Matched, matching
from ticketing.inbound.rules.effects import RuleEffects, Standing
from ticketing.inbound.rules.planning import effects_on
from ticketing.inbound.rules.seen import About, seen_of
from ticketing.inbound.rules.told import told_hit
from ticketing.models import EventKind
from ticketing.models.rules import Act

_TAGS = (EventKind.TAG_ADDED, EventKind.TAG_REMOVED)
_NO_FIELDS = (*_TAGS, EventKind.PARTICIPANT_ADDED)


@dataclass(frozen=True, slots=True)
class PastMail:
    """A mail that is here, and the ticket as it would be without rules."""

    envelope: Envelope
    about: About
    before: Standing


@dataclass(frozen=True, slots=True)
class Tried:
    """The rules as they are, and as they would be; `rule` is the one that is tried."""

    rule: CompiledRule
    now: Sequence[CompiledRule]
    then: Sequence[CompiledRule]


def rehearse(mail: PastMail, tried: Tried) -> dict[str, Any] | None:
    """By what the rule matched, and what would be otherwise for the ticket; None if it did not match."""
    seen = seen_of(mail.envelope, mail.about)
    then = matching(tried.then, seen)
    own = next((each for each in then if each.rule is tried.rule), None)
    if own is None:
        return None
    now = _effects(matching(tried.now, seen), mail)
    planned = _effects(then, mail)
    return {
        "hits": [told_hit(hit) for hit in own.hits],
        "changes": list(_differences(now, planned)),
        "left": [
            {"act": done.action.act.value, "name": done.name, "left": done.left.value}
            for done in planned.done
            if done.rule is tried.rule and done.left
        ],
    }


def _effects(matched: Sequence[Matched], mail: PastMail) -> RuleEffects:
    return effects_on(matched, before=mail.before) if matched else RuleEffects()


def _differences(now: RuleEffects, then: RuleEffects) -> Iterator[dict[str, Any]]:
    """What is otherwise, from what today's rules make of it to what they would."""
    before, after = _fields(now), _fields(then)
    for key in (*after, *(key for key in before if key not in after)):
        new, old = after.get(key), before.get(key)
        source = old["to"] if old else new["from"] if new else ""
        target = new["to"] if new else old["from"] if old else ""
        if source != target:
            told = {name: (new or old or {})[name] for name in ("label", "kind") if key[1]}
            yield {"what": key[0].value, "from": source, "to": target, **told}
    for kind in _TAGS:
        for tag in sorted(_tags(then, kind) - _tags(now, kind)):
            yield {"what": kind.value, "to": tag}
        for tag in sorted(_tags(now, kind) - _tags(then, kind)):
            yield {"what": f"no_{kind.value}", "to": tag}
    for act in (Act.NOTE, Act.ALSO_OPEN, Act.CANNED, Act.PARTICIPANT):
        yield from ({"what": act.value, "to": name} for name in (_made(then, act) - _made(now, act)).elements())
        yield from ({"what": f"no_{act.value}", "to": name} for name in (_made(now, act) - _made(then, act)).elements())


def _fields(effects: RuleEffects) -> dict[tuple[EventKind, str], dict[str, Any]]:
    """By kind, and of custom fields the key."""
    return {
        (each.kind, str(each.data.get("field", ""))): dict(each.data)
        for each in effects.changes
        if each.kind not in _NO_FIELDS
    }


def _made(effects: RuleEffects, act: Act) -> Counter[str]:
    """Notes by their beginning, second tickets by their team, canned replies by name, participants by address."""
    made = [done for done in effects.done if done.action.act is act and done.left is None]
    return Counter((done.name or done.action.value)[:80] for done in made)


def _tags(effects: RuleEffects, kind: EventKind) -> set[str]:
    return {str(each.data["tag"]) for each in effects.changes if each.kind is kind}
