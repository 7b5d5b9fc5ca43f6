"""How one mailbox fares and fared: what its page of health shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.lib import clock
from helpdesk.web.moments import duration_words
from mailboxes.charts import DayChart, day_chart_of
from mailboxes.health_words import cause_words
from mailboxes.models import HealthSpan, Mailbox, SpanState
from mailboxes.queries.mailbox_list import MailboxState, states_of
from mailboxes.services.liveness.health_history import KEPT
from mailboxes.services.oauth.graph_configs import call_budget

SHOWN_SPANS = 50
_MARKS = {
    SpanState.REACHABLE: ("ok", "check"),
    SpanState.UNREACHABLE: ("fail", "x"),
    SpanState.THROTTLED: ("warn", "alert"),
    SpanState.PAUSED: ("skip", "pause"),
}


@dataclass(frozen=True)
class SpanLine:
    """One line of the connection history."""

    state: str  # as `.diag` has it
    icon: str
    title: str | Promise
    from_at: datetime
    until_at: datetime | None
    tries: str = ""
    server_words: str = ""


@dataclass(frozen=True)
class MailboxHealth:
    """Everything the page shows."""

    state: MailboxState
    calls: int | None  # made for it within ten minutes; None where its provider does not count them
    history: Sequence[SpanLine]
    has_more_history: bool
    chart: DayChart


def mailbox_health(mailbox: Mailbox) -> MailboxHealth:
    """The mailbox's state, its last 24 hours and its connection history. At most six queries."""
    state = states_of([mailbox])[0]
    budget = call_budget(mailbox.connection, user=mailbox.remote_user, address=mailbox.address)
    spans = _recent_spans(mailbox, limit=SHOWN_SPANS + 1)
    return MailboxHealth(
        state=state,
        calls=budget.made() if budget is not None else None,
        history=[_line(span, mailbox) for span in spans[:SHOWN_SPANS]],
        has_more_history=len(spans) > SHOWN_SPANS,
        chart=day_chart_of(state.arrivals, down_hours=state.down_hours),
    )


def _recent_spans(mailbox: Mailbox, *, limit: int) -> list[HealthSpan]:
    spans = HealthSpan.objects.filter(mailbox=mailbox).exclude(until_at__lt=clock.now() - KEPT)
    return list(spans.order_by("-from_at", "-id")[:limit])


def _line(span: HealthSpan, mailbox: Mailbox) -> SpanLine:
    state, picture = _MARKS[SpanState(span.state)]
    is_open = span.until_at is None
    tries = max(mailbox.failures_in_row - span.tries_before, 0) if is_open else span.tries
    has_failed = span.state in (SpanState.UNREACHABLE, SpanState.THROTTLED)
    return SpanLine(
        state=state,
        icon=picture,
        title=cause_words(span.reason) if has_failed else _calm_title(span),
        from_at=span.from_at,
        until_at=span.until_at,
        tries=ngettext("%(n)d try", "%(n)d tries", tries) % {"n": tries} if has_failed and tries else "",
        server_words=span.detail,
    )


def _calm_title(span: HealthSpan) -> str:
    lasted = ((span.until_at or clock.now()) - span.from_at).total_seconds() / 60
    sentence = _("Paused for %(time)s") if span.state == SpanState.PAUSED else _("Reachable for %(time)s")
    return sentence % {"time": duration_words(lasted)}
