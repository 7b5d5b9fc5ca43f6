"""Breakers: tripped by intake, let go by people; and the limits that trip them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.accounts.services.audit import Changes
from helpdesk.lib import clock
from helpdesk.lib.errors import ChangedMeanwhile, DomainError
from helpdesk.tenancy import counters
from helpdesk.tenancy.floods import hour_of
from mailboxes.services.liveness.telling import tell_admins
from ticketing.answering.budgets import Spent
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.floods import Flood, FloodLimits
from ticketing.models import loops as defaults
from ticketing.models.loops import Breaker, FloodScope, LoopLimits
from ticketing.queries.breakers import breaker_label
from ticketing.queries.touched import touched_ids
from ticketing.services.policy_version import policy_changed

TRIPPED, RESUMED = "breaker.tripped", "breaker.resumed"
WITHHELD, ANSWERING = "breaker.withheld", "breaker.answering"  # the same of automatic answers


@dataclass(frozen=True)
class LimitsInput:
    """The limits as a person sets them; the version is the one that the person saw."""

    window_minutes: int = defaults.WINDOW_MINUTES
    per_sender: int = defaults.PER_SENDER
    per_pair: int = defaults.PER_PAIR
    equal: int = defaults.EQUAL
    per_mailbox: int = defaults.PER_MAILBOX
    answers_per_mailbox: int = defaults.ANSWERS_PER_MAILBOX
    answers_per_pair: int = defaults.ANSWERS_PER_PAIR
    hold_hours: int = defaults.HOLD_HOURS
    version: int = 0


def note_stopped(flood: Flood, envelope: Envelope, *, limits: FloodLimits) -> None:
    """The breaker counts this mail; tripped by it, it stands from now on and the admins hear of it, once.

    Inside intake's transaction. Raises IntegrityError when another worker trips it at the same time.
    """
    received_at, scope = envelope.delivery.received_at, flood.key[0]
    # Strangers are many, and most of them customers, so that nothing stops them beyond the hour.
    end_of_hour = hour_of(received_at) + timedelta(hours=1)
    held_until = clock.now() + timedelta(hours=limits.hold_hours)
    until = end_of_hour if scope is FloodScope.STRANGERS else held_until
    since = hour_of(received_at) if scope.is_by_hour else received_at - timedelta(minutes=limits.window_minutes)
    minutes = 60 if scope.is_by_hour else limits.window_minutes
    _note(flood, Window(since=since, at=received_at, minutes=minutes, until=until))


def note_withheld(spent: Spent, *, moment: datetime) -> None:
    """The same of an automatic answer that a budget does not allow. Inside the transaction that withholds it.

    It locks the organization's counters, so that of two answers at once the second finds the breaker tripped.
    """
    counters.take()
    flood, budget = spent.flood, spent.budget
    since = moment - timedelta(minutes=budget.minutes)
    _note(flood, Window(since=since, at=moment, minutes=budget.minutes, until=budget.holds_until))


@dataclass(frozen=True, slots=True)
class Window:
    """Over what was counted, and until when nothing more is taken."""

    since: datetime
    at: datetime
    minutes: int
    until: datetime


def _note(flood: Flood, window: Window) -> None:
    moment = clock.now()
    scope, key = flood.key
    standing = Breaker.objects.filter(scope=scope, key=key, resumed_at=None)
    if standing.filter(until__gt=window.at).update(stopped=F("stopped") + 1) or flood.is_known:
        return  # one that was known and is gone has ended this very moment: the next mail is counted anew
    standing.update(resumed_at=moment)  # one that has ended by itself
    breaker = Breaker.objects.create(
        scope=scope,
        key=key,
        count=flood.count,
        window_minutes=window.minutes,
        stopped=1,
        tripped_at=moment,
        until=window.until,
        touched=touched_ids(flood.key, since=window.since, until=max(window.at, moment)),
    )
    changes: Changes = {
        "too_much": (None, str(scope.label)),
        "count": (None, flood.count),
        "minutes": (None, window.minutes),
    }
    action = WITHHELD if scope.is_of_answers else TRIPPED
    tell_admins(action, target=breaker, changes=changes, label=breaker_label(breaker))
    policy_changed()


@transaction.atomic
def resume(breaker_id: int, *, actor: Membership) -> Breaker:
    """Mail of its kind is taken again, or answered; what there was before no longer counts. Inside the scope.

    What was stopped stays in the log, from where it can be let in; answers that were withheld are not given afterwards.
    Raises DomainError (not_here) once it is resumed.
    """
    moment = clock.now()
    mine = Breaker.objects.filter(id=breaker_id, resumed_at=None)
    if not mine.update(resumed_at=moment, resumed_by=actor):
        raise DomainError(_("Somebody has let it go on already."), code="not_here")
    breaker: Breaker = Breaker.objects.get(id=breaker_id)
    action = ANSWERING if FloodScope(breaker.scope).is_of_answers else RESUMED
    audit.record(action, target=breaker, actor=actor, label=breaker_label(breaker))
    policy_changed()
    return breaker


@transaction.atomic
def set_limits(data: LimitsInput, *, actor: Membership | None = None) -> None:
    """The limits hold for mail that is decided from now on. A change is audited. Raises ChangedMeanwhile."""
    row, _made = LoopLimits.objects.get_or_create()
    before, after = asdict(_input_of(row)), asdict(data)
    if not LoopLimits.objects.filter(pk=row.pk, version=data.version).update(**(after | {"version": data.version + 1})):
        raise ChangedMeanwhile
    changes = audit.differences(_without_version(before), after=_without_version(after))
    if changes:
        audit.record("loop_limits.changed", target=row, actor=actor, changes=changes, label=_("Loop protection"))
        policy_changed()


def limits() -> LimitsInput:
    """The limits as they stand, with their version; the defaults where none were set."""
    row = LoopLimits.objects.first()
    return _input_of(row) if row else LimitsInput()


def _input_of(row: LoopLimits) -> LimitsInput:
    return LimitsInput(**{name: getattr(row, name) for name in LimitsInput.__dataclass_fields__})


def _without_version(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if name != "version"}
