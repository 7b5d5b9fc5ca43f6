"""A mail that cannot be brought in: put off, tried again, or in quarantine where a person sees it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping

from django.db import InterfaceError, OperationalError

from helpdesk.lib import clock
from helpdesk.lib.files import StorageDown
from helpdesk.lib.text import clean_line
from helpdesk.tenancy import work
from mailboxes.models import RawMessage
from ticketing.inbound import verdicts
from ticketing.inbound.decisions import Reason
from ticketing.inbound.transactions import writing
from ticketing.services.waiting_notices import QUARANTINED, note_waiting

logger = logging.getLogger(__name__)

PAUSE_S = 30.0
MAX_WORDS = 500
# Connection, resources, shutdown, deadlock: https://www.postgresql.org/docs/15/errcodes-appendix.html
_OUTAGE_CLASSES = frozenset({"08", "53", "57", "40"})
_OUTAGE_CODES = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}
)


def is_outage(error: Exception) -> bool:
    """True if storage or database failed as a whole, not because of this mail."""
    if isinstance(error, (StorageDown, OSError, InterfaceError)):
        return True
    cause = error.__cause__
    if not isinstance(error, OperationalError) or cause is None:
        return False
    if isinstance(cause, sqlite3.Error):
        return cause.sqlite_errorcode & 0xFF in _OUTAGE_CODES  # the low byte: the rest says which kind
    state = getattr(cause, "sqlstate", None)
    return state is None or state[:2] in _OUTAGE_CLASSES  # without a state: the connection broke


def note(claim: work.Claim, *, error: Exception, is_last: bool) -> None:
    """The mail failed by itself: due again after a pause, or in quarantine when this was the last attempt.

    Raises LeaseLost.
    """
    logger.exception("intake.failed", extra=_fields(claim), exc_info=error)
    words = _words(error)
    if is_last:
        data: dict[str, object] = {"tries": claim.attempts, "error": words}
        _quarantine(claim, reason=Reason.QUARANTINED, data=data, error=words)
    else:
        _later(claim, words=words, attempt_counts=True)


def put_off(claim: work.Claim, *, error: Exception) -> None:
    """Storage or database failed, which is no fault of the mail: due again after a pause, the attempt not counted.

    Raises LeaseLost, or what the database says when it is still away; then the lease runs out.
    """
    logger.warning("intake.put_off", extra=_fields(claim) | {"error": type(error).__name__})
    _later(claim, words=_words(error), attempt_counts=False)


def give_up(claim: work.Claim, *, deaths: int) -> None:
    """The mail whose worker died this often is in quarantine. Raises LeaseLost."""
    logger.error("intake.deadly", extra=_fields(claim))
    _quarantine(claim, reason=Reason.DEADLY, data={"deaths": deaths})


def miss_file(claim: work.Claim) -> None:
    """The bytes are gone from storage: in quarantine at once, since trying again finds them only after a repair."""
    logger.error("intake.file_missing", extra=_fields(claim))
    _quarantine(claim, reason=Reason.FILE_MISSING, data={})


def _quarantine(claim: work.Claim, *, reason: Reason, data: Mapping[str, object], error: str = "") -> None:
    with writing(claim.organization_id):
        verdicts.write_failure(claim.row_id, reason=reason, data=data, error=error, moment=clock.now())
        mailbox_id = RawMessage.objects.values_list("mailbox_id", flat=True).get(id=claim.row_id)
        note_waiting(QUARANTINED, mailbox_id=mailbox_id)
        work.finish(claim)


def _later(claim: work.Claim, *, words: str, attempt_counts: bool) -> None:
    with writing(claim.organization_id):
        RawMessage.objects.filter(id=claim.row_id).update(error=words)
        work.reschedule(claim, due_at=clock.in_seconds(PAUSE_S), succeeded=not attempt_counts)


def _words(error: Exception) -> str:
    return clean_line(f"{type(error).__name__}: {error}")[:MAX_WORDS]


def _fields(claim: work.Claim) -> dict[str, object]:
    return {"organization_id": claim.organization_id, "raw_id": claim.row_id, "attempts": claim.attempts}
