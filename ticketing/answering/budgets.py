"""How many automatic answers went out lately, and what one more would be too much of.

What is set is read from the policy as it is kept; all budgets are counted by one statement. They bound what it counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings as conf
from django.db.models import Count, Q, QuerySet, Subquery

from helpdesk.accounts.models import Counters
from helpdesk.tenancy import floods
from helpdesk.tenancy.models import FloodCount
from helpdesk.tenancy.prepared import Prepared, Row
from ticketing.inbound.floods import Flood, Key
from ticketing.inbound.settings import Settings, settings_for
from ticketing.models import AnswerState, AutomaticAnswer, FloodScope

ANSWERED = "answered:"  # before the address, where the installation counts answers


def _given(only: Q, since: datetime) -> Subquery:
    """How many answers went out since; NULL for none."""
    rows: QuerySet[AutomaticAnswer] = AutomaticAnswer.objects.filter(only, state=AnswerState.QUEUED)
    counted = rows.filter(settled_at__gt=since).order_by().values("organization_id").annotate(n=Count("id"))
    return Subquery(counted.values("n"))


_GIVEN: Prepared[Row] = Prepared(
    lambda address, mailbox_id, since_address, since_pair, since_mailbox, bucket, hour: Counters.objects.values_list(
        _given(Q(budget_key=address), since_address),
        _given(Q(budget_key=address, raw__mailbox_id=mailbox_id), since_pair),
        _given(Q(raw__mailbox_id=mailbox_id), since_mailbox),
        # As a list: what stands for it while the query is compiled is larger than the column takes.
        Subquery(FloodCount.objects.filter(bucket__in=bucket, hour=hour).values("count")[:1]),
    )
)


@dataclass(frozen=True, slots=True)
class Budget:
    """How many answers may go out within a time."""

    most: int
    minutes: int
    holds_until: datetime  # how long none goes out once there were so many, unless somebody looks


@dataclass(frozen=True, slots=True)
class Spent:
    """A budget that allows no more."""

    flood: Flood
    budget: Budget


def find_spent(answer: AutomaticAnswer, *, moment: datetime) -> Spent | None:
    """The budget that does not allow this answer now, or that was spent before. Two queries, inside the scope."""
    version = Counters.objects.values_list("policy_version", flat=True).first() or 0
    settings = settings_for(answer.raw.mailbox_id, version=version)
    keys, stops, budgets = keys_of(answer), settings.floods, budgets_of(settings, moment=moment)
    standing = stops.standing(keys, at=moment)
    if standing is not None:
        return Spent(Flood(standing, 0, is_known=True), budgets[standing[0]])
    for key, count in zip(keys, _counted(answer, settings, budgets, moment=moment), strict=True):
        most = budgets[key[0]].most
        if most and count >= most and not stops.was_let_in(key, at=moment):
            return Spent(Flood(key, count, is_known=False), budgets[key[0]])
    return None


def keys_of(answer: AutomaticAnswer) -> tuple[Key, ...]:
    """What the answer may be too much of: to the address, whatever tag it bears, and of its mailbox."""
    address, mailbox_id = answer.budget_key, answer.raw.mailbox_id
    return (
        (FloodScope.ANSWERS, address),
        (FloodScope.ANSWERS_PAIR, f"{address} {mailbox_id}"),
        (FloodScope.ANSWERS_MAILBOX, str(mailbox_id)),
        (FloodScope.ANSWERS_HERE, address),
    )


def budgets_of(settings: Settings, *, moment: datetime) -> Mapping[FloodScope, Budget]:
    """As they are set; the last is the operator's."""
    limits, answers = settings.floods, settings.answers
    held = moment + timedelta(hours=limits.hold_hours)
    return {
        FloodScope.ANSWERS: Budget(
            answers.max_answers, answers.within_hours * 60, moment + timedelta(hours=answers.within_hours)
        ),
        FloodScope.ANSWERS_PAIR: Budget(limits.answers_per_pair, limits.window_minutes, held),
        FloodScope.ANSWERS_MAILBOX: Budget(limits.answers_per_mailbox, limits.window_minutes, held),
        FloodScope.ANSWERS_HERE: Budget(
            conf.ANSWERS_PER_ADDRESS_AND_HOUR, 60, floods.hour_of(moment) + timedelta(hours=1)
        ),
    }


def _counted(
    answer: AutomaticAnswer, settings: Settings, budgets: Mapping[FloodScope, Budget], *, moment: datetime
) -> tuple[int, ...]:
    """What went out within each budget's time, in the order of `keys_of`. What was let in again counts no more."""
    address, pair, mailbox = (
        settings.floods.since(moment, key, minutes=budgets[key[0]].minutes) for key in keys_of(answer)[:3]
    )
    [found] = _GIVEN.rows(
        address=answer.budget_key,
        mailbox_id=answer.raw.mailbox_id,
        since_address=address,
        since_pair=pair,
        since_mailbox=mailbox,
        bucket=[floods.bucket_of(f"{ANSWERED}{answer.budget_key}")],
        hour=floods.hour_of(moment),
    )
    return tuple(count or 0 for count in found)
