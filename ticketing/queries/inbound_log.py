"""What became of every message that the servers showed us."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery

from mailboxes.models import RemoteMessage
from ticketing.models import Attachment, Message, Ticket
from ticketing.services.references import id_hash

LOG_ORDER = ("-seen_at", "-id")
_BATCH = 500


@dataclass(frozen=True)
class LogFilter:
    """Which rows of the log; empty values do not filter."""

    outcome: str = ""  # of Outcome
    mailbox_id: int | None = None
    text: str = ""  # in subject, sender or Message-ID
    is_exact: bool = False  # the text is the whole sender, or the whole Message-ID
    since: datetime | None = None  # of when we saw them
    before: datetime | None = None
    code: str = ""  # of the reason
    error: str = ""  # that the reason names

    @property
    def is_set(self) -> bool:
        """True if it leaves anything out."""
        return self != LogFilter()


def log_rows(wanted: LogFilter | None = None) -> QuerySet[RemoteMessage]:
    """The sightings, one for each message (seen again under another number does not count), in no order.

    Each has `ticket_number` (None without a ticket); mailbox and raw are loaded apart: joined, PostgreSQL would begin
    with the mailboxes and read the whole log. Page them by LOG_ORDER.
    """
    wanted = wanted or LogFilter()
    number = Subquery(Ticket.objects.filter(id=OuterRef("ticket_id")).values("number")[:1])
    rows: QuerySet[RemoteMessage] = RemoteMessage.objects.filter(resighting_of=None).prefetch_related("mailbox", "raw")
    if wanted.outcome:
        rows = rows.filter(outcome=wanted.outcome)
    if wanted.mailbox_id is not None:
        rows = rows.filter(mailbox_id=wanted.mailbox_id)
    if wanted.since is not None:
        rows = rows.filter(seen_at__gte=wanted.since)
    if wanted.before is not None:
        rows = rows.filter(seen_at__lt=wanted.before)
    if wanted.code:
        rows = rows.filter(reason_code=wanted.code)
    if wanted.error:
        rows = rows.filter(reason_data__error=wanted.error)
    if wanted.text:
        rows = rows.filter(_is_exactly(wanted.text) if wanted.is_exact else _contains(wanted.text))
    annotated: QuerySet[RemoteMessage] = rows.annotate(ticket_number=number)
    return annotated


def narrowed(wanted: LogFilter) -> LogFilter:
    """The filter, looking for the whole sender or Message-ID if the text is one that is there; then it looks at all.

    At most one query.
    """
    if "@" not in wanted.text:
        return wanted
    exact = replace(wanted, is_exact=True)
    return exact if RemoteMessage.objects.filter(_is_exactly(wanted.text)).exists() else wanted


def _contains(text: str) -> Q:
    text = text.replace("\x00", "")
    return Q(subject__icontains=text) | Q(sender__icontains=text) | Q(message_id__icontains=text)


def _is_exactly(text: str) -> Q:
    plain = text.replace("\x00", "").strip().strip("<>").lower()
    return Q(sender=plain) | Q(message_key=id_hash(plain))


@dataclass
class LogEntry:
    """One message with what was made of it."""

    row: RemoteMessage
    ticket_number: int | None
    text: str | None = None  # of the message in the ticket
    attachments: list[tuple[str, str, int]] = field(default_factory=list)  # file name, SHA-256 or "", bytes


def log_entries(*, mailbox_id: int | None = None) -> Iterator[LogEntry]:
    """Every message in the order of arrival, in batches of a few queries each. Inside the caller's scope."""
    last_id = 0
    while True:
        rows = log_rows(LogFilter(mailbox_id=mailbox_id)).filter(id__gt=last_id).order_by("id")
        batch = list(rows[:_BATCH])
        if not batch:
            return
        last_id = batch[-1].id
        yield from _entries(batch)


def _entries(rows: list[RemoteMessage]) -> Iterator[LogEntry]:
    messages = Message.objects.filter(raw_id__in=[row.raw_id for row in rows if row.raw_id]).values_list(
        "id", "raw_id", "text"
    )
    by_raw = {raw_id: (message_id, text) for message_id, raw_id, text in messages}
    files = _files(message_id for message_id, _ in by_raw.values())
    for row in rows:
        message_id, text = by_raw.get(row.raw_id, (None, None))
        number: int | None = row.ticket_number  # type: ignore[attr-defined]  # annotated by log_rows
        yield LogEntry(row=row, ticket_number=number, text=text, attachments=files.get(message_id or 0, []))


def _files(message_ids: Iterable[int]) -> dict[int, list[tuple[str, str, int]]]:
    found: dict[int, list[tuple[str, str, int]]] = defaultdict(list)
    rows = Attachment.objects.filter(message_id__in=list(message_ids)).order_by("id")
    for message_id, name, sha256, size in rows.values_list("message_id", "filename", "blob__sha256", "size_bytes"):
        found[message_id].append((name, sha256 or "", size))
    return found
