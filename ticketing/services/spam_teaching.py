"""The operator's spam daemon is told what people mark as spam and as clean, where the operator wishes so.

    mark ─▶ lesson wanted, work due (in the mark's transaction) ─▶ worker: read the mail ▶ tell ▶ lesson taught

Nobody waits for the daemon: a worker tells it after the mark is committed, in no transaction, and again later where it
cannot. Each mail is told once; a changed mark is told as the new one, an undone one is forgotten where the daemon can.
One that was killed after the daemon's answer tells it again, which changes nothing there.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings

from helpdesk.lib import clock, files
from helpdesk.spam_daemon.teaching import CANNOT_FORGET, teach
from helpdesk.spam_daemon.values import Daemon, Lesson, Trouble
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope, writing_scope
from ticketing.models import MailPolicy, Message, MessageKind, SpamMark, TaughtMail, Ticket

logger = logging.getLogger(__name__)

LEASE_S = 120.0
PAUSES_S = (60, 5 * 60, 15 * 60, 3600, 4 * 3600)  # the last one again and again
GIVE_UP_AFTER = timedelta(days=7)
_LESSONS: dict[str, Lesson] = {SpamMark.MANUAL_SPAM: Lesson.SPAM, SpamMark.MANUAL_CLEAN: Lesson.CLEAN}
_FINAL = frozenset({Trouble.TOO_LARGE, Trouble.UNTEACHABLE})  # of this mail, whenever it is told


def note_lessons(tickets: Sequence[Ticket]) -> None:
    """What the marks of these tickets say will be told. In the caller's transaction; nothing where nobody is told."""
    if settings.SPAM_TEACHING is None:
        return
    wanted = {ticket.pk: _LESSONS.get(ticket.spam_mark, Lesson.NOTHING) for ticket in tickets}
    told = set(TaughtMail.objects.filter(ticket__in=list(wanted)).values_list("ticket_id", flat=True))
    moment = clock.now()
    rows = [
        TaughtMail(ticket_id=pk, wanted=lesson, marked_at=moment)
        for pk, lesson in sorted(wanted.items())
        if lesson is not Lesson.NOTHING or pk in told
    ]
    if not rows:
        return
    TaughtMail.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["organization", "ticket"],
        update_fields=["wanted", "marked_at"],
    )
    organization_id = tickets[0].organization_id
    work.enqueue_many(WorkKind.TEACH, organization_id=organization_id, row_ids=[row.ticket_id for row in rows])
    drains.wake(WorkKind.TEACH)


def handle(claim: work.Claim) -> None:
    """The daemon knows the mail of the ticket as it is marked, or is told later, or why it never will is in the log."""
    daemon = settings.SPAM_TEACHING
    with organization_scope(claim.organization_id):
        row: TaughtMail | None = TaughtMail.objects.filter(ticket_id=claim.row_id).first()
        key = _first_mail(claim.row_id) if row is not None else ""
    if daemon is None or row is None or not _is_to_be_told(row, daemon):
        _end(claim, row)
        return
    trouble = _told(daemon, key, Lesson(row.wanted)) if key else Trouble.UNTEACHABLE
    fields = {"organization_id": claim.organization_id, "ticket_id": claim.row_id, "lesson": row.wanted}
    if trouble is None:
        logger.info("spam.taught", extra=fields)
        _end(claim, row, told=row.wanted)
    elif trouble in _FINAL or clock.now() > row.marked_at + GIVE_UP_AFTER:
        logger.warning("spam.not_taught", extra={**fields, "trouble": trouble.value})
        _end(claim, row)
    else:
        logger.warning("spam.taught_later", extra={**fields, "trouble": trouble.value})
        _put_off(claim)


def _is_to_be_told(row: TaughtMail, daemon: Daemon) -> bool:
    return row.wanted != row.taught and not (row.wanted == Lesson.NOTHING and daemon.kind in CANNOT_FORGET)


def _first_mail(ticket_id: int) -> str:
    """Under which key the first mail of the ticket is stored; "" where it is gone, or its daemon is switched off."""
    mails = Message.objects.filter(ticket=ticket_id, kind=MessageKind.INBOUND).order_by("position")
    found = mails.values_list("raw__storage_key", "raw__mailbox__asks_spam_daemon").first()
    if found is None or MailPolicy.objects.filter(asks_spam_daemon=False).exists():
        return ""
    key, is_asked = found
    return key or "" if is_asked else ""


def _told(daemon: Daemon, key: str, lesson: Lesson) -> Trouble | None:
    try:
        content = files.read(key)
    except FileNotFoundError:
        return Trouble.UNTEACHABLE
    except files.StorageDown:
        return Trouble.PAUSED
    return teach(daemon, content, lesson)


def _end(claim: work.Claim, row: TaughtMail | None = None, *, told: str = "") -> None:
    """The work is done, unless the mark was changed since `row` was read. Raises LeaseLost."""
    with writing_scope(claim.organization_id):
        # Locked first, as by whoever marks: they come before, and are seen here, or after, and find no work left.
        now: TaughtMail | None = TaughtMail.objects.select_for_update().filter(ticket_id=claim.row_id).first()
        work.still_ours(claim)
        if now is not None and told:
            now.taught = told
            now.save(update_fields=["taught"])
        if now is not None and row is not None and now.marked_at != row.marked_at:
            work.reschedule(claim, due_at=clock.now(), succeeded=True)
        else:
            work.finish(claim)


def _put_off(claim: work.Claim) -> None:
    with writing_scope(claim.organization_id):
        pause_s = PAUSES_S[min(claim.attempts, len(PAUSES_S)) - 1]
        work.reschedule(claim, due_at=clock.in_seconds(pause_s), succeeded=False)
