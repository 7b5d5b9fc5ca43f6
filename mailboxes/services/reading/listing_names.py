"""A folder whose ids are names (POP3, Graph, EWS): from its listing into the ledger.

DATES  first look, other epoch or start ──▶ settle: list since the floor; what is older never gets a row
       else ──▶ list from the watermark less OVERLAP; the slow reconciliation goes back WIDE, for mail that came late
NONE   every listing is whole, unless nothing came or went since the last; names that were there first get a row each,
       for nothing else tells them from new ones; where the first look failed, or the source is another one, the
       messages' own headers tell their dates

The watermark moves only after the rows are committed. It never lies in the future, whatever date a server gives a mail.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from helpdesk.lib import clock, faults
from mailboxes.connectors.base import Order
from mailboxes.services.reading.dating import dated
from mailboxes.services.reading.folder_marks import close_unfetched, mark_reconciled, move_watermark
from mailboxes.services.reading.history import boundary_of
from mailboxes.services.reading.ledger import Place, epoch_of, place_of
from mailboxes.services.reading.sighting import Passing, record
from mailboxes.services.reading.visit import Visit

OVERLAP = timedelta(minutes=15)  # mail of the same second, and mail that a server shows a little later than it dates it
WIDE = timedelta(days=7)  # mail that a rule, a person or a quarantine moves into the folder with its old date


def record_named(visit: Visit) -> tuple[Place, int]:
    """Everything the folder shows is in the ledger; gives its place there, and how many were new.

    Raises ConnectorError, LeaseLost.
    """
    mailbox, session = visit.mailbox, visit.session
    place = place_of(mailbox, epoch=epoch_of(mailbox, session.state))
    if not mailbox.is_history_settled or place.epoch != mailbox.epoch:
        return place, _settle(visit, place)
    if session.state.fingerprint and session.state.fingerprint == mailbox.fingerprint:
        return place, 0
    boundary = boundary_of(mailbox, epoch=place.epoch, is_whole=False)
    since = _later(boundary.since(), _before(mailbox.watermark_at, OVERLAP))
    items = Passing(session.list_all(since=since), boundary=boundary)
    new = record(items, visit, place=place, boundary=boundary)
    _note(visit, place, latest=items.latest)
    faults.point("poll.listed")
    return place, new


def record_wide(visit: Visit, place: Place) -> int:
    """What came with an older date than the watermark is in the ledger, too; gives how many were new.

    Where every listing is whole there is nothing to look for.
    """
    if visit.session.order is Order.NONE:
        return 0
    boundary = boundary_of(visit.mailbox, epoch=place.epoch, is_whole=False)
    since = _later(boundary.since(), clock.now() - WIDE)
    return record(visit.session.list_all(since=since), visit, place=place, boundary=boundary)


def record_existing(visit: Visit) -> None:
    """The names in the folder count as history from now on. For the first look, where the order is NONE."""
    place = place_of(visit.mailbox, epoch=epoch_of(visit.mailbox, visit.session.state))
    _settle(visit, place, is_first_look=True)


def _settle(visit: Visit, place: Place, *, is_first_look: bool = False) -> int:
    """Old and new are told apart in an epoch seen for the first time; gives how many rows were written."""
    mailbox, session = visit.mailbox, visit.session
    boundary = boundary_of(mailbox, epoch=place.epoch, is_whole=True)
    with visit.lease.reading():
        has_earlier = place.earlier().exists()
    listed = session.list_all(since=boundary.since())
    if session.order is Order.NONE and not is_first_look:
        listed = dated(listed, session)
    leaves_out = session.order is Order.DATES and not has_earlier
    items = Passing(listed, boundary=boundary, leaves_out=leaves_out)
    new = record(items, visit, place=place, boundary=boundary, is_matched=has_earlier)
    faults.point("poll.listed")
    _note(visit, place, latest=items.latest, is_settled=True)
    return new


def _note(visit: Visit, place: Place, *, latest: datetime | None, is_settled: bool = False) -> None:
    with visit.lease.writing():
        if is_settled:
            close_unfetched(place)
            mark_reconciled(visit.mailbox, visit.session.state)
        move_watermark(visit.mailbox, place, state=visit.session.state, latest=_earlier(latest, clock.now()))


def _before(moment: datetime | None, span: timedelta) -> datetime | None:
    return moment - span if moment is not None else None


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one is not None and other is not None else one or other


def _earlier(one: datetime | None, other: datetime) -> datetime | None:
    return min(one, other) if one is not None else None
