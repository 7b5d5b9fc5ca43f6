"""The connection history of a mailbox: `health` begins a span when a poll ends otherwise than the one before it.

What is older than KEPT, or beyond MAX_SPANS, goes when a new span begins: a mailbox that flaps for ever stays small.
Inside the caller's transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F, Value
from django.db.models.functions import Greatest

from helpdesk.lib import clock
from mailboxes.models import HealthSpan, Mailbox, SpanState

KEPT = timedelta(days=90)
MAX_SPANS = 500


def begin_span(mailbox: Mailbox, state: SpanState, *, failures_before: int, reason: str = "", detail: str = "") -> None:
    """The span before has ended, and this one is open; `mailbox.health_since` is set, for the caller to save.

    failures_before: how many polls had failed in a row when the state changed.
    """
    moment = clock.now()
    _end(mailbox, at=moment, failures=failures_before)
    HealthSpan.objects.create(
        mailbox=mailbox, state=state, reason=reason, detail=detail, from_at=moment, tries_before=failures_before
    )
    mailbox.health_since = moment
    _prune(mailbox)


def end_span(mailbox: Mailbox, *, failures: int) -> None:
    """No span of the mailbox is open: what it is now, its next poll says. failures: as in `begin_span`."""
    _end(mailbox, at=clock.now(), failures=failures)
    mailbox.health_since = None


def insert_outage(mailbox: Mailbox, *, since: datetime, reason: str, tries: int) -> None:
    """The history shows that nothing came from `since` until now, for a reason that could not be written down before.

    What the mailbox was then, it is again. Two that tell of the same outage make one span.
    """
    moment = clock.now()
    spans = HealthSpan.objects.filter(mailbox=mailbox)
    known = spans.filter(reason=reason, until_at__gte=since).order_by("-from_at").first()
    if known is not None:
        known.from_at, known.until_at, known.tries = min(known.from_at, since), moment, known.tries + tries
        known.save(update_fields=["from_at", "until_at", "tries"])
        return
    before = spans.filter(until_at=None).first()
    if before is not None:
        spans.filter(pk=before.pk).update(until_at=Greatest(F("from_at"), Value(since)))
    HealthSpan.objects.create(
        mailbox=mailbox, state=SpanState.UNREACHABLE, reason=reason, from_at=since, until_at=moment, tries=tries
    )
    begin_span(
        mailbox,
        SpanState(before.state) if before is not None else SpanState(mailbox.health),
        failures_before=mailbox.failures_in_row,
        reason=mailbox.error_reason,
        detail=mailbox.error_detail,
    )
    mailbox.save(update_fields=["health_since"])


def _end(mailbox: Mailbox, *, at: datetime, failures: int) -> None:
    HealthSpan.objects.filter(mailbox=mailbox, until_at=None).update(
        until_at=Greatest(F("from_at"), Value(at)),  # a clock may have been turned back
        tries=Greatest(Value(failures) - F("tries_before"), Value(0)),
    )


def _prune(mailbox: Mailbox) -> None:
    spans = HealthSpan.objects.filter(mailbox=mailbox)
    spans.filter(until_at__lt=clock.now() - KEPT).delete()
    surplus = spans.order_by("-from_at", "-id").values_list("id", flat=True)[MAX_SPANS : 2 * MAX_SPANS]
    spans.filter(id__in=list(surplus)).delete()
