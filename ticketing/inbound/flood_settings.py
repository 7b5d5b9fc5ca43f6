"""The limits of loop protection and its breakers, as stored."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from helpdesk.lib import clock
from ticketing.inbound.floods import ORDINARY, FloodLimits, Key, Stop
from ticketing.models.answers import MOST_HOURS
from ticketing.models.loops import Breaker, FloodScope, LoopLimits

_FIELDS = (
    *("window_minutes", "per_sender", "per_pair", "equal", "per_mailbox"),
    *("answers_per_mailbox", "answers_per_pair", "hold_hours"),
)
# How long it counts that somebody has let it go on: longer than it is counted over.
REMEMBERED = timedelta(days=2)
ANSWERS_REMEMBERED = timedelta(hours=MOST_HOURS + 24)


def load_floods() -> FloodLimits:
    """Two queries. Inside the scope."""
    moment = clock.now()
    alive = Q(resumed_at=None, until__gt=moment) | Q(resumed_at__gt=moment - REMEMBERED)
    alive |= Q(scope=FloodScope.ANSWERS, resumed_at__gt=moment - ANSWERS_REMEMBERED)
    rows = Breaker.objects.filter(alive).order_by("tripped_at")
    stops: dict[Key, Stop] = {
        (FloodScope(scope), key): Stop(tripped_at, until, resumed_at)
        for scope, key, tripped_at, until, resumed_at in rows.values_list(
            "scope", "key", "tripped_at", "until", "resumed_at"
        )
    }
    row = LoopLimits.objects.values(*_FIELDS).first()
    if row is None and not stops:
        return ORDINARY
    return FloodLimits(**(row or {}), stops=stops)
