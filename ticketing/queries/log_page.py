"""The inbound log as its page shows it: filtered lines, what was left alone, and one message in full.

All inside the organization's scope. Filters without an index of their own look through the newest SEARCHED messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet, Sum

from helpdesk.web.counts import BoundedCount, bounded_count
from helpdesk.web.pagination import Page
from mailboxes.models import IgnoredRange, Mailbox, Outcome, RemoteMessage
from ticketing.queries.inbound_log import LogFilter, log_rows

SEARCHED = 50_000
MAX_RANGES = 50
MAX_COPIES = 20
COUNTED = 10_000  # messages of one mailbox
_COMMON = frozenset({Outcome.CREATED, Outcome.ADDED})  # every other outcome has an index


@dataclass(frozen=True)
class Line:
    """One line of the log: a message, or mail that was left alone as a whole."""

    at: datetime
    row: RemoteMessage | None = None
    left_alone: IgnoredRange | None = None


def searched_since(wanted: LogFilter) -> datetime | None:
    """The arrival of the oldest message that this filter looks at; None: it looks at all of them. At most one query."""
    if wanted.is_exact or (not wanted.text and wanted.outcome not in _COMMON):
        return None
    # Of the index alone: with any other column PostgreSQL sorts the whole log, as row-level security makes it expect
    # a two-hundredth of the rows. What was seen again counts with the rest; the bound is no more than about so far.
    moments = RemoteMessage.objects.order_by("-seen_at", "-id")
    if wanted.before is not None:
        moments = moments.filter(seen_at__lt=wanted.before)
    found = list(moments.values_list("seen_at", flat=True)[SEARCHED - 1 : SEARCHED])
    return found[0] if found and (wanted.since is None or found[0] > wanted.since) else None


def filtered_rows(wanted: LogFilter, *, since: datetime | None) -> QuerySet[RemoteMessage]:
    """The messages of the log that match, in no order; `since` from `searched_since`."""
    rows = log_rows(wanted)
    return rows.filter(seen_at__gte=since) if since else rows


def lines_of(page: Page[RemoteMessage], wanted: LogFilter) -> list[Line]:
    """The page's messages with the ranges that were left alone between them, newest first. One query."""
    lines = [Line(at=row.seen_at, row=row) for row in page.rows]
    lines += [Line(at=each.created_at, left_alone=each) for each in _ranges(page, wanted)]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _ranges(page: Page[RemoteMessage], wanted: LogFilter) -> Sequence[IgnoredRange]:
    """What was left alone while this page's messages came in."""
    if wanted.text or wanted.code or wanted.outcome not in ("", Outcome.IGNORED):
        return []
    rows = IgnoredRange.objects.filter(count__gt=0).select_related("mailbox").order_by("-created_at", "-id")
    if wanted.mailbox_id is not None:
        rows = rows.filter(mailbox_id=wanted.mailbox_id)
    if wanted.since is not None:
        rows = rows.filter(created_at__gte=wanted.since)
    if wanted.before is not None:
        rows = rows.filter(created_at__lt=wanted.before)
    if page.previous:
        rows = rows.filter(created_at__lte=page.rows[0].seen_at)
    if page.next:
        rows = rows.filter(created_at__gt=page.rows[-1].seen_at)
    return list(rows[:MAX_RANGES])


def entry_of(entry_id: int) -> RemoteMessage | None:
    """One message with mailbox, raw and `ticket_number`; None if there is none. One query."""
    return log_rows().filter(id=entry_id).first()


@dataclass(frozen=True)
class Comparison:
    """A mailbox's folder on the server against the log, as of the last time they were compared."""

    mailbox: Mailbox
    here: BoundedCount  # messages of this folder in the log, those that are gone from the server included
    left_alone: int  # that were there before


def compared(mailbox_id: int | None) -> Comparison | None:
    """Of one mailbox, if its folder was ever compared. Three queries, none without a mailbox."""
    mailbox = Mailbox.objects.filter(pk=mailbox_id).first() if mailbox_id is not None else None
    if mailbox is None or mailbox.reconciled_at is None or mailbox.reconciled_count is None:
        return None
    place = {"mailbox": mailbox, "source_generation": mailbox.source_generation, "epoch": mailbox.epoch}
    left = IgnoredRange.objects.filter(**place).aggregate(Sum("count"))["count__sum"]
    return Comparison(mailbox, bounded_count(RemoteMessage.objects.filter(**place), COUNTED), left or 0)


def copies_of(entry: RemoteMessage) -> list[RemoteMessage]:
    """Where the same message was seen again under another number, oldest first, at most MAX_COPIES."""
    return list(entry.resightings.order_by("id")[:MAX_COPIES])


def mailbox_names() -> list[tuple[int, str]]:
    """Id and name of every mailbox, deleted ones too: their mail stays in the log."""
    return list(Mailbox.objects.filter(is_draft=False).order_by("name", "id").values_list("id", "name"))
