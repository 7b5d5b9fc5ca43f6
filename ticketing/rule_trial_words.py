"""What a trial of a rule found, and what rules did to a mail, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ticketing.fields.values import shown
from ticketing.models import EventKind, Priority, RuleTrial, Status
from ticketing.models.rules import Act, Look
from ticketing.rule_words import HOURS_WORDS, LANGUAGE_WORDS, SPAM_WORDS, TRUST_WORDS, act_words, left_words, look_words

SHOWN = 50

_FIELDS: Mapping[str, Promise] = {
    EventKind.TEAM_CHANGED: gettext_lazy("Team"),
    EventKind.ASSIGNEE_CHANGED: gettext_lazy("Assignee"),
    EventKind.CATEGORY_CHANGED: gettext_lazy("Category"),
    EventKind.PRIORITY_CHANGED: gettext_lazy("Priority"),
    EventKind.STATUS_CHANGED: gettext_lazy("Status"),
}
_OTHERS: Mapping[str, Promise] = {
    EventKind.TAG_ADDED: gettext_lazy("Tag added: %(to)s"),
    f"no_{EventKind.TAG_ADDED}": gettext_lazy("Tag no longer added: %(to)s"),
    EventKind.TAG_REMOVED: gettext_lazy("Tag removed: %(to)s"),
    f"no_{EventKind.TAG_REMOVED}": gettext_lazy("Tag no longer removed: %(to)s"),
    Act.NOTE: gettext_lazy("Note: %(to)s"),
    f"no_{Act.NOTE}": gettext_lazy("No note any more: %(to)s"),
    Act.ALSO_OPEN: gettext_lazy("Another ticket for %(to)s"),
    f"no_{Act.ALSO_OPEN}": gettext_lazy("No other ticket any more for %(to)s"),
    Act.CANNED: gettext_lazy("Canned reply, if its sender may be answered: %(to)s"),
    f"no_{Act.CANNED}": gettext_lazy("No canned reply any more: %(to)s"),
    Act.PARTICIPANT: gettext_lazy("Answers also to %(to)s"),
    f"no_{Act.PARTICIPANT}": gettext_lazy("Answers no longer also to %(to)s"),
}
_LABELS: Mapping[str, Callable[[str], str]] = {
    EventKind.PRIORITY_CHANGED: lambda value: str(Priority(value).label),
    EventKind.STATUS_CHANGED: lambda value: str(Status(value).label),
}


@dataclass(frozen=True)
class FoundLine:
    """One mail that the rule matched."""

    ticket: int
    subject: str
    sender: str
    at: datetime
    why: str
    changes: Sequence[str]


@dataclass(frozen=True)
class TrialView:
    """A trial as the page shows it."""

    trial: RuleTrial
    total: int | None  # None until a worker has begun
    matched: int
    changing: int  # of them: something would be otherwise
    lines: Sequence[FoundLine]

    @property
    def is_over(self) -> bool:
        """Nothing more comes."""
        return self.trial.ended_at is not None

    @property
    def hidden(self) -> int:
        """Matches beyond those that are shown."""
        return self.matched - len(self.lines)


def trial_view(trial: RuleTrial) -> TrialView:
    """The trial with its findings in words."""
    return TrialView(
        trial,
        total=None if trial.message_ids is None else len(trial.message_ids),
        matched=len(trial.found),
        changing=sum(bool(each["changes"]) for each in trial.found),
        lines=[_line(each) for each in trial.found[:SHOWN]],
    )


def hits_words(hits: Sequence[Mapping[str, Any]]) -> str:
    """By what a rule matched: “stove” in subject."""
    return ", ".join(_hit(each) for each in hits) or _("it has no condition that has to hold")


def did_words(did: Sequence[Mapping[str, Any]]) -> str:
    """What became of a rule's actions."""
    return "; ".join(_did(each) for each in did)


def _line(found: Mapping[str, Any]) -> FoundLine:
    return FoundLine(
        ticket=found["ticket"],
        subject=found["subject"],
        sender=found["sender"],
        at=datetime.fromisoformat(found["at"]),
        why=hits_words(found["hits"]),
        changes=[*_changes(found["changes"]), *map(_did, found["left"])],
    )


def _changes(changes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for each in changes:
        what = each["what"]
        if what in _OTHERS:
            yield str(_OTHERS[what]) % {"to": each["to"]}
            continue
        label = _LABELS.get(what, str)
        if what == EventKind.FIELD_CHANGED:
            values = [shown(each["kind"], value) or _("none") for value in (each["from"], each["to"])]
            yield _("%(field)s: %(from)s → %(to)s") % {"field": each["label"], "from": values[0], "to": values[1]}
            continue
        source, target = (label(value) if value else _("none") for value in (each["from"], each["to"]))
        yield _("%(field)s: %(from)s → %(to)s") % {"field": _FIELDS[what], "from": source, "to": target}


def _did(did: Mapping[str, Any]) -> str:
    act, name = did["act"], str(did.get("name", ""))
    if name and act in (Act.PRIORITY, Act.STATUS):
        name = str((Priority if act == Act.PRIORITY else Status)(name).label)
    said = " ".join(filter(None, (act_words(act), name)))
    if "left" not in did:
        return said
    return _("%(action)s (%(why)s)") % {"action": said, "why": left_words(did["left"])}


def _hit(hit: Mapping[str, Any]) -> str:
    look = Look(hit["look"])
    where = look_words(look, hit.get("header", ""))
    if look is Look.HAS_FILES and hit.get("not"):
        return _("no attachment")
    if hit.get("not"):
        return _("%(where)s is otherwise") % {"where": where}
    words = {
        Look.LANGUAGE: LANGUAGE_WORDS,
        Look.SPAM: SPAM_WORDS,
        Look.TRUST: TRUST_WORDS,
        Look.HOURS: HOURS_WORDS,
    }.get(look, {})
    found = str(words.get(hit["found"], hit["found"]))
    if look in (Look.MAILBOX, Look.SIZE, Look.COMPANY):
        return where
    return _("“%(found)s” in %(where)s") % {"found": found, "where": where}
