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
