"""How a mailbox fares: each poll ends here, in the transaction that gives its lease back.

Failures in a row make the pauses grow; a success clears everything. The third failure tells the admins once, in the
product and by mail; so does the recovery (`outages`).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from helpdesk.lib import clock, faults
from helpdesk.lib.files import StorageDown
from helpdesk.lib.text import clean_line
from helpdesk.tenancy import work
from mailboxes.connectors.errors import MAX_DETAIL_CHARS, ConnectorError, Reason
from mailboxes.connectors.registry import traits_of
from mailboxes.models import Health, Mailbox, SpanState
from mailboxes.services.liveness.certificates import keep_observed
from mailboxes.services.liveness.health_history import begin_span
from mailboxes.services.liveness.outages import tell_outage, tell_recovery
from mailboxes.services.reading.lease import Lease

FAILURES_TO_TELL = 3
MAX_PAUSE_S = 30 * 60
REFUSED_PAUSE_S = 5 * 60  # at least, when asking again cannot help (wrong password): servers lock accounts
STORAGE_PAUSE_S = 60
MAX_RETRY_AFTER_S = 6 * 60 * 60
MAX_SPREAD_S = 30  # those who waited for the same end do not all ask at once
NEVER = timedelta(days=365 * 100)  # when a paused mailbox is due
_THROTTLING = frozenset({Reason.THROTTLED, Reason.TOO_MANY_CONNECTIONS, Reason.MAILDROP_IN_USE})
_FIELDS = [
    "health",
    "health_since",
    "failures_in_row",
    "failing_since",
    "error_reason",
    "error_detail",
    "throttled_until",
    "outage_notified_at",
]


@dataclass(frozen=True)
class Trouble:
    """Why a poll failed."""

    reason: str  # a connectors.errors.Reason, or disk_full, storage_unwritable, internal
    detail: str = ""
    permanent: bool = False
    retry_after_s: float | None = None
    asks_to_wait: bool = False  # the server wants to be asked later


def trouble_of(error: ConnectorError | StorageDown) -> Trouble:
    """The trouble that an expected error stands for."""
    if isinstance(error, ConnectorError):
        return Trouble(
            reason=error.reason,
            detail=error.detail,
            permanent=error.permanent,
            retry_after_s=error.retry_after_s,
            asks_to_wait=error.asks_to_wait,
        )
    return Trouble(reason="disk_full" if error.is_full else "storage_unwritable", detail=str(error))


def record_success(mailbox: Mailbox, lease: Lease, *, is_complete: bool = True) -> None:
    """The mailbox is reachable and due again after its interval, at once if the poll was not complete."""
    is_new = mailbox.health != Health.REACHABLE or mailbox.failures_in_row or mailbox.health_since is None
    has_changed = is_new or mailbox.outage_notified_at is not None
    has_news = has_changed or mailbox.connection.observed_certificate_end is not None
    # With nothing else to write, giving the claim back is the one write, which checks it by itself.
    with lease.writing() if has_news else lease.reading():
        if has_changed:
            _clear(mailbox)
        keep_observed(mailbox.connection)
        due_at = next_due(mailbox) if is_complete else clock.now()
        work.reschedule(lease.claim, due_at=due_at, succeeded=traits_of(mailbox.connection.kind).is_polled)
        faults.point("health.recorded")


def note_success(mailbox: Mailbox) -> None:
    """Mail was brought to the mailbox: it is reachable, whatever it was. Inside the caller's transaction."""
    if mailbox.health != Health.REACHABLE or mailbox.failures_in_row:
        _clear(mailbox)


def record_failure(mailbox: Mailbox, lease: Lease, *, trouble: Trouble) -> None:
    """The cause stands on the mailbox, which is due again after a pause that grows."""
    with lease.writing():
        pause = note_failure(mailbox, trouble=trouble)
        work.reschedule(lease.claim, due_at=clock.now() + (pause if is_on(mailbox) else NEVER), succeeded=False)
        faults.point("health.recorded")


def record_wait(
    mailbox: Mailbox, lease: Lease, *, until: datetime, reason: Reason = Reason.APP_THROTTLED, detail: str = ""
) -> None:
    """Nothing more is asked before `until`: its provider wants nothing from it, or its app, and the mailbox says so.

    It has not failed, so nobody is told and no pause grows; one that fails by itself goes on saying from what.
    """
    with lease.writing():
        if not mailbox.failures_in_row:
            _note_wait(mailbox, until=until, reason=reason, detail=detail)
        spread_s = random.uniform(0.0, min(MAX_SPREAD_S, interval_s(mailbox)))  # noqa: S311  no secret
        due_at = until + timedelta(seconds=spread_s)
        work.reschedule(lease.claim, due_at=due_at if is_on(mailbox) else clock.now() + NEVER, succeeded=False)


def _note_wait(mailbox: Mailbox, *, until: datetime, reason: Reason, detail: str) -> None:
    before = (mailbox.health, mailbox.error_reason)
    mailbox.health, mailbox.error_reason = Health.THROTTLED, reason
    mailbox.error_detail = clean_line(detail)[:MAX_DETAIL_CHARS]
    mailbox.throttled_until = until
    if before != (mailbox.health, mailbox.error_reason) or mailbox.health_since is None:
        _begin_span(mailbox, failures_before=0)
    mailbox.save(update_fields=_FIELDS)


def note_failure(mailbox: Mailbox, *, trouble: Trouble) -> timedelta:
    """The cause stands on the mailbox; gives after which pause it is tried again. Inside the caller's transaction."""
    moment = clock.now()
    before = (mailbox.health, mailbox.error_reason)
    mailbox.failures_in_row += 1
    mailbox.failing_since = mailbox.failing_since or moment
    is_throttled = trouble.asks_to_wait or trouble.reason in _THROTTLING
    mailbox.health = Health.THROTTLED if is_throttled else Health.UNREACHABLE
    mailbox.error_reason = trouble.reason
    mailbox.error_detail = clean_line(trouble.detail)[:MAX_DETAIL_CHARS]
    if before != (mailbox.health, mailbox.error_reason) or mailbox.health_since is None:
        _begin_span(mailbox, failures_before=mailbox.failures_in_row - 1)
    pause = timedelta(seconds=pause_s(mailbox, trouble))
    mailbox.throttled_until = moment + pause if is_throttled else None
    if mailbox.failures_in_row >= FAILURES_TO_TELL and mailbox.outage_notified_at is None:
        tell_outage(mailbox)
    mailbox.save(update_fields=_FIELDS)
    return pause


def interval_s(mailbox: Mailbox) -> int:
    """Seconds between polls: the mailbox's, else the organization's, else the installation's."""
    return mailbox.poll_interval_s or mailbox.organization.poll_interval_s or int(settings.POLL_INTERVAL_S)


def is_on(mailbox: Mailbox) -> bool:
    """True unless somebody paused it, or switched off email to ticket for the organization."""
    return mailbox.is_enabled and mailbox.organization.reads_mail


def next_due(mailbox: Mailbox) -> datetime:
    """When the mailbox is polled next; some jitter keeps many mailboxes of one server apart."""
    if not is_on(mailbox) or not traits_of(mailbox.connection.kind).is_polled:
        return clock.now() + NEVER
    return clock.in_seconds(interval_s(mailbox) * random.uniform(0.9, 1.0))  # noqa: S311  no secret


def pause_s(mailbox: Mailbox, trouble: Trouble) -> float:
    """Seconds until the next try after `failures_in_row` failures: doubled each time, capped, never all at once."""
    if trouble.reason in ("disk_full", "storage_unwritable"):
        return STORAGE_PAUSE_S
    factor = 1 << min(mailbox.failures_in_row - 1, 12)
    least = REFUSED_PAUSE_S if trouble.permanent else 0
    pause = min(MAX_PAUSE_S, max(least, interval_s(mailbox)) * factor)
    wished = min(trouble.retry_after_s or 0.0, MAX_RETRY_AFTER_S)
    return max(pause * random.uniform(0.8, 1.0), wished)  # noqa: S311  no secret


def _begin_span(mailbox: Mailbox, *, failures_before: int) -> None:
    """The history goes on with what the mailbox is now; one that is paused stays so, whatever a poll by hand saw."""
    if mailbox.is_enabled:
        begin_span(
            mailbox,
            SpanState(mailbox.health),
            failures_before=failures_before,
            reason=mailbox.error_reason,
            detail=mailbox.error_detail,
        )


def _clear(mailbox: Mailbox) -> None:
    tell_recovery(mailbox)
    failures, was = mailbox.failures_in_row, mailbox.health
    mailbox.health, mailbox.failures_in_row, mailbox.failing_since = Health.REACHABLE, 0, None
    mailbox.error_reason = mailbox.error_detail = ""
    mailbox.throttled_until = None
    if was != Health.REACHABLE or mailbox.health_since is None:
        _begin_span(mailbox, failures_before=failures)
    mailbox.save(update_fields=_FIELDS)
