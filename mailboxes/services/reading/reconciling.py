"""The slow check of the ledger against the whole folder: what it lacks is recorded, whatever cursor and window said.
Messages that could not be fetched have another try.

Cheap when nothing moved: if the fingerprint (UIDNEXT, count, MODSEQ) is the one of the last reconciliation, only its
time is written.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from helpdesk.lib import clock
from mailboxes.connectors.base import NumberedSession, is_numbered
from mailboxes.models import Mailbox, Outcome
from mailboxes.services.reading.fetch_batch import MAX_TRIES
from mailboxes.services.reading.folder_marks import mark_reconciled
from mailboxes.services.reading.history import boundary_of
from mailboxes.services.reading.ledger import Place, chunks
from mailboxes.services.reading.listing_names import record_wide
from mailboxes.services.reading.sighting import record
from mailboxes.services.reading.visit import Visit

TRIED_FOR = timedelta(days=7)  # messages that could not be fetched; afterwards a person decides


def is_due(mailbox: Mailbox) -> bool:
    """True if the last reconciliation is RECONCILE_S ago, or lies in the future since the clock was turned back."""
    if mailbox.reconciled_at is None:
        return True
    age = clock.now() - mailbox.reconciled_at
    return not timedelta() <= age < timedelta(seconds=settings.RECONCILE_S)


def reconcile(visit: Visit, place: Place) -> int:
    """Every message in the folder is in the ledger or in its ignored range; gives how many were recorded.

    Raises ConnectorError, LeaseLost.
    """
    session = visit.session
    found = _record_missing(visit, session, place) if is_numbered(session) else record_wide(visit, place)
    with visit.lease.writing():
        _try_failed_again(place)
        mark_reconciled(visit.mailbox, session.state)
    return found


def _record_missing(visit: Visit, session: NumberedSession, place: Place) -> int:
    mailbox, state = visit.mailbox, session.state
    if state.fingerprint and state.fingerprint == mailbox.reconciled_fingerprint:
        return 0
    lowest = _lowest_missing(visit, session, place)
    if not lowest:
        return 0
    boundary = boundary_of(mailbox, epoch=place.epoch, is_whole=False)
    return record(session.list_new(cursor=lowest - 1, rescan=0), visit, place=place, boundary=boundary)


def _try_failed_again(place: Place) -> None:
    """What the server could not give is asked for once more: its trouble may have been the network's, and be over."""
    lately = clock.now() - TRIED_FOR
    failed = place.sightings().filter(raw=None, outcome=Outcome.FAILED, seen_at__gte=lately)
    failed.update(outcome=Outcome.PENDING, decided_at=None, fetch_attempts=MAX_TRIES - 1)


def _lowest_missing(visit: Visit, session: NumberedSession, place: Place) -> int:
    """The lowest id in the folder that the ledger knows nothing of; 0 when there is none."""
    with visit.lease.reading():
        ignored_upto = place.ignored_upto()
    for chunk in chunks(session.list_ids()):
        wanted = [number for number in chunk if number > ignored_upto]
        with visit.lease.reading():
            known = place.known_ids([str(number) for number in wanted])
        missing = [number for number in wanted if str(number) not in known]
        if missing:
            return missing[0]
    return 0
