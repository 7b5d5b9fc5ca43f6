"""A folder whose ids are ascending numbers (IMAP): from its listing into the ledger.

first look, new epoch or start ──▶ settle: list since the floor, match renumbered mail, the rest becomes a range
fingerprint unchanged   ──▶ nothing to list
else                    ──▶ list from the cursor, a window behind it included ──known ids are other mail──▶ new epoch

The cursor and the fingerprint move only after the rows are committed.
"""

from __future__ import annotations

from itertools import chain

from helpdesk.lib import faults
from mailboxes.connectors.base import NumberedSession, RemoteItem
from mailboxes.services.reading.folder_marks import (
    close_unfetched,
    ignore_nothing,
    ignore_upto,
    mark_reconciled,
    move_cursor,
)
from mailboxes.services.reading.history import boundary_of
from mailboxes.services.reading.ledger import Place, chunks, epoch_of, next_numbering, place_of
from mailboxes.services.reading.renumbering import is_numbered_anew, split_at
from mailboxes.services.reading.sighting import Passing, record
from mailboxes.services.reading.visit import Visit

RESCAN_IDS = 500  # ids behind the cursor that are looked at again: some servers show a lower id later


def record_numbered(visit: Visit, session: NumberedSession) -> tuple[Place, int]:
    """Everything the folder shows is in the ledger; gives its place there, and how many were new.

    Raises ConnectorError, LeaseLost.
    """
    mailbox = visit.mailbox
    place = place_of(mailbox, epoch=epoch_of(mailbox, session.state))
    if place.is_unnumbered:
        return _record_unnumbered(visit, place)
    if not mailbox.is_history_settled or place.epoch != mailbox.epoch:
        return place, _settle(visit, place)
    if session.state.fingerprint and session.state.fingerprint == mailbox.fingerprint:
        return place, 0
    highest_id = session.state.highest_id
    start = mailbox.cursor if highest_id is None else min(mailbox.cursor, highest_id)  # lower only if UIDNEXT fell
    behind, ahead = split_at(mailbox.cursor, session.list_new(cursor=start, rescan=RESCAN_IDS))
    if is_numbered_anew(behind, visit, place=place):
        place = place_of(mailbox, epoch=next_numbering(place.epoch))
        return place, _settle(visit, place)
    boundary = boundary_of(mailbox, epoch=place.epoch, is_whole=False)
    items = Passing(chain(behind, ahead), boundary=boundary)
    new = record(items, visit, place=place, boundary=boundary)
    with visit.lease.writing():
        move_cursor(mailbox, place, state=session.state, highest=items.highest)
    faults.point("poll.listed")
    return place, new


def _settle(visit: Visit, place: Place) -> int:
    """Old and new are told apart in an epoch seen for the first time; gives how many rows were written."""
    mailbox, state = visit.mailbox, visit.session.state
    boundary = boundary_of(mailbox, epoch=place.epoch, is_whole=True)
    since = boundary.since()
    with visit.lease.reading():
        has_earlier = place.earlier().exists()
    items = Passing(visit.session.list_all(since=since), boundary=boundary, leaves_out=not has_earlier)
    new = record(items, visit, place=place, boundary=boundary, is_matched=has_earlier)
    faults.point("poll.listed")
    highest = max(items.highest, state.highest_id or 0)
    with visit.lease.writing():
        if items.left_out or since is not None:
            ignore_upto(mailbox, place, highest=highest, count=max(0, state.count - items.kept))
        else:
            ignore_nothing(place)
        close_unfetched(place)
        mark_reconciled(mailbox, state)
        move_cursor(mailbox, place, state=state, highest=highest)
    return new


def _record_unnumbered(visit: Visit, place: Place) -> tuple[Place, int]:
    """A server without UIDVALIDITY: the whole listing is compared, and any contradiction begins a new epoch (F40)."""
    mailbox = visit.mailbox
    if mailbox.is_history_settled and place.epoch == mailbox.epoch:
        items = list(visit.session.list_all(since=None))
        with visit.lease.reading():
            is_contradicted = any(_contradicts(chunk, place) for chunk in chunks(items))
        if not is_contradicted:
            boundary = boundary_of(mailbox, epoch=place.epoch, is_whole=False)
            passing = Passing(items, boundary=boundary)
            new = record(passing, visit, place=place, boundary=boundary)
            with visit.lease.writing():
                move_cursor(mailbox, place, state=visit.session.state, highest=passing.highest)
            return place, new
        place = place_of(mailbox, epoch=next_numbering(place.epoch))
    return place, _settle(visit, place)


def _contradicts(chunk: list[RemoteItem], place: Place) -> bool:
    """True if an id stands for another size or date than it did."""
    known = place.known([item.remote_id for item in chunk])
    return any(
        (item.size_bytes, item.received_at) != (known[item.remote_id].size_bytes, known[item.remote_id].received_at)
        for item in chunk
        if item.remote_id in known
    )
