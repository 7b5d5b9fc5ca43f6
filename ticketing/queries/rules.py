"""Rules as their pages show them. All inside the organization's scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Sum

from helpdesk.lib import clock
from mailboxes.models import Mailbox
from ticketing.inbound.rules.written import conditions_in, group_of
from ticketing.models import Rule, RuleDay, RuleVersion
from ticketing.models.rules import Look
from ticketing.queries.rule_names import names_in
from ticketing.rule_words import Piece, sentence

COUNTED_DAYS = 30


@dataclass(frozen=True)
class RuleLine:
    """A rule in the list."""

    rule: Rule
    number: int
    pieces: Sequence[Piece]
    hits: int  # in the last days
    last_at: datetime | None

    @property
    def grip(self) -> str:
        """The id of what it is moved by."""
        return f"grip-{self.rule.pk}"

    @property
    def switch(self) -> str:
        """The id of what it is switched by."""
        return f"switch-{self.rule.pk}"


def kept_rules() -> list[Rule]:
    """In order, those that are off among them."""
    return list(Rule.objects.filter(deleted_at=None).order_by("place", "id"))


def rule_lines(rules: Sequence[Rule] | None = None) -> list[RuleLine]:
    """Every rule with what it says and how often it matched. A number of queries that does not grow with them."""
    rows = kept_rules() if rules is None else rules
    names, hits = names_in(rows), _hits(rows)
    return [
        RuleLine(row, number, sentence(row, names), *hits.get(row.pk, (0, None)))
        for number, row in enumerate(rows, start=1)
    ]


def lines_naming(mailbox: Mailbox) -> list[RuleLine]:
    """The rules whose conditions name the mailbox, numbered as in the list of all."""
    return [line for line in rule_lines() if str(mailbox.pk) in _mailboxes_of(line.rule)]


def deleted_rules() -> list[Rule]:
    """Those that can be brought back, the last deleted first."""
    return list(Rule.objects.exclude(deleted_at=None).order_by("-deleted_at")[:100])


@dataclass(frozen=True)
class VersionLine:
    """What a rule said."""

    version: RuleVersion
    pieces: Sequence[Piece]


def version_lines(rule: Rule) -> list[VersionLine]:
    """Every version of the rule, the newest first."""
    rows = list(rule.versions.select_related("by__user").order_by("-number")[:200])
    names = names_in(rows)
    return [VersionLine(row, sentence(row, names)) for row in rows]


def _hits(rules: Iterable[Rule]) -> Mapping[int, tuple[int, datetime]]:
    """By rule: matches in the last days, and the last one at all."""
    since = (clock.now() - timedelta(days=COUNTED_DAYS)).date()
    days = RuleDay.objects.filter(rule__in=[rule.pk for rule in rules])
    last = dict(days.values_list("rule_id").annotate(Max("last_at")))
    recent = dict(days.filter(day__gt=since).values_list("rule_id").annotate(Sum("hits")))
    return {pk: (recent.get(pk, 0), at) for pk, at in last.items()}


def _mailboxes_of(rule: Rule) -> set[str]:
    conditions = conditions_in(group_of(rule.conditions))
    return {value for each in conditions if each.look is Look.MAILBOX for value in each.values}
