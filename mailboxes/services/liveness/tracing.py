"""Recording what is said with the servers of one mailbox: begun by a person, over after an hour, gone after a week.

Connections tell a recorder (connectors.trace), without passwords and what mails contain. It collects lines and stores
them sealed, a piece at a time and when a connection ends; what it cannot store it lets go: no poll and no delivery
fails over its record.

    start ─▶ until_at: lines are kept, MAX_LINES and MAX_BYTES at most ─▶ + KEPT: the sweep finds END_TRACE, all is gone
"""

from __future__ import annotations

import json
import logging
import threading
from datetime import datetime, timedelta

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.lib.crypto import CannotOpen
from helpdesk.tenancy import secrets, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from helpdesk.tenancy.state import required_organization_id
from mailboxes.models import Mailbox, ProtocolTrace, TracePiece
from mailboxes.services.liveness import real_time

logger = logging.getLogger(__name__)

LASTS = timedelta(hours=1)
KEPT = timedelta(days=7)
MAX_LINES = 50_000
MAX_BYTES = 5 * 1024 * 1024
LEASE_S = 60.0
_PIECE_LINES = 200
_PIECE_AFTER_S = 5.0

Told = tuple[int, str, str, str]  # milliseconds since 1970, connection, direction, text


class TraceRecorder:
    """Collects the lines of connections that work for one mailbox; safe to share between threads."""

    def __init__(self, trace: ProtocolTrace) -> None:
        self._trace_id, self._organization_id = trace.pk, trace.organization_id
        self._until_at: datetime = trace.until_at
        self._lines: list[Told] = []
        self._began = 0.0
        self._lock = threading.Lock()

    def line(self, session: str, direction: str, text: str) -> None:
        """The line is kept, unless the time is over. Never raises."""
        moment = clock.now()
        if moment >= self._until_at:
            return
        with self._lock:
            self._began = self._began if self._lines else clock.monotonic()
            self._lines.append((int(moment.timestamp() * 1000), session, direction, text))
            is_due = len(self._lines) >= _PIECE_LINES or clock.monotonic() - self._began > _PIECE_AFTER_S
        if is_due:
            self.flush()

    def flush(self) -> None:
        """What was collected is stored; on a database that is away, let go. Never raises."""
        with self._lock:
            lines, self._lines = self._lines, []
        if not lines:
            return
        has_connection = connection.connection is not None
        try:
            with organization_scope(self._organization_id), transaction.atomic():
                _store(self._trace_id, lines)
        except (DatabaseError, ObjectDoesNotExist, CannotOpen):
            logger.warning("trace.not_stored", extra={"trace_id": self._trace_id}, exc_info=True)
        finally:
            if not has_connection:  # threads that wait for servers hold none
                connection.close()


def recorder_of(mailbox: Mailbox | None) -> TraceRecorder | None:
    """Whom connections for this mailbox tell; None while nobody has it recorded. Needs the scope."""
    if mailbox is None or mailbox.traced_until is None or mailbox.traced_until <= clock.now():
        return None
    trace = ProtocolTrace.objects.filter(mailbox=mailbox, until_at__gt=clock.now(), is_cut=False).first()
    return TraceRecorder(trace) if trace is not None else None


@transaction.atomic
def start_trace(mailbox: Mailbox, *, actor: Membership) -> ProtocolTrace:
    """From the next connection on the mailbox is recorded, for LASTS; the recording before is gone."""
    _remove(mailbox)
    moment = clock.now()
    trace: ProtocolTrace = ProtocolTrace.objects.create(mailbox=mailbox, started_at=moment, until_at=moment + LASTS)
    _note_until(mailbox, trace.until_at)
    due_at = trace.until_at + KEPT
    work.enqueue(WorkKind.END_TRACE, organization_id=mailbox.organization_id, row_id=trace.pk, due_at=due_at)
    audit.record("mailbox.trace_started", target=mailbox, actor=actor)
    return trace


@transaction.atomic
def stop_trace(mailbox: Mailbox, *, actor: Membership) -> None:
    """Nothing more is recorded; what was stays readable."""
    moment = clock.now()
    if ProtocolTrace.objects.filter(mailbox=mailbox, until_at__gt=moment).update(until_at=moment):
        _note_until(mailbox, None)
        audit.record("mailbox.trace_stopped", target=mailbox, actor=actor)


@transaction.atomic
def delete_trace(mailbox: Mailbox, *, actor: Membership) -> None:
    """The recording is over and gone."""
    if _remove(mailbox):
        _note_until(mailbox, None)
        audit.record("mailbox.trace_deleted", target=mailbox, actor=actor)


def handle(claim: work.Claim) -> None:
    """The drain's handler: a recording that was kept long enough is gone."""
    with organization_scope(claim.organization_id), transaction.atomic():
        work.still_ours(claim)
        ProtocolTrace.objects.filter(id=claim.row_id).delete()
        work.finish(claim)


def _store(trace_id: int, lines: list[Told]) -> None:
    text = json.dumps(lines, ensure_ascii=False)
    room = ProtocolTrace.objects.filter(
        id=trace_id, is_cut=False, line_count__lt=MAX_LINES - len(lines), size_bytes__lt=MAX_BYTES - len(text)
    )
    if not room.update(line_count=F("line_count") + len(lines), size_bytes=F("size_bytes") + len(text)):
        ProtocolTrace.objects.filter(id=trace_id).update(is_cut=True)
        return
    piece = TracePiece(organization_id=required_organization_id(), trace_id=trace_id, first_ms=lines[0][0])
    piece.lines_sealed = secrets.seal_for(piece, "lines_sealed", text)
    piece.save()


def _remove(mailbox: Mailbox) -> bool:
    known = ProtocolTrace.objects.filter(mailbox=mailbox)
    for trace_id in known.values_list("id", flat=True):
        work.withdraw(WorkKind.END_TRACE, organization_id=mailbox.organization_id, row_id=trace_id)
    return bool(known.delete()[0])


def _note_until(mailbox: Mailbox, until_at: datetime | None) -> None:
    mailbox.traced_until = until_at
    Mailbox.objects.filter(pk=mailbox.pk).update(traced_until=until_at)
    real_time.follow(mailbox)  # whoever listens connects anew: recorded, or no longer
