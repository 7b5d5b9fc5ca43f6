"""The poll's part of a back-fill: counts messages of the days that are wanted, or gives each its row in the ledger.

From there they go the way of all history. A message that has bytes or a verdict here is left as it is, so that the same
days twice add nothing; killed in the middle, the next poll goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Greatest

from helpdesk.lib import clock, faults
from mailboxes.connectors.base import Order, RemoteItem
from mailboxes.models import BackFill, BackFillState, LedgerReason, Mailbox, Outcome, RemoteMessage
from mailboxes.services.reading.dating import dated
from mailboxes.services.reading.history import Boundary
from mailboxes.services.reading.ledger import Place, chunks
from mailboxes.services.reading.sighting import record
from mailboxes.services.reading.visit import Visit

_OPEN = (BackFillState.COUNTING, BackFillState.WANTED)
_LEFT_OUT = (LedgerReason.BEFORE_START, LedgerReason.EXISTING_MAIL)


def open_back_fills(mailbox: Mailbox) -> QuerySet[BackFill]:
    """What the next poll has to do. Needs the scope."""
    return BackFill.objects.filter(mailbox=mailbox, source_generation=mailbox.source_generation, state__in=_OPEN)


def back_fill(visit: Visit, place: Place) -> None:
    """What is wanted has been counted, or is in the ledger. Raises ConnectorError, LeaseLost."""
    with visit.lease.reading():
        wish = open_back_fills(visit.mailbox).first()
    if wish is None:
        return
    if wish.state == BackFillState.COUNTING:
        _count(wish, visit, place)
    else:
        _record(wish, visit, place)


def _count(wish: BackFill, visit: Visit, place: Place) -> None:
    listed = missing = undated = 0
    for every in chunks(_listed(wish, visit)):
        chunk = [item for item in every if _is_wanted(item, wish)]
        with visit.lease.reading():
            missing += len(_fresh(chunk, place)) + len(_left_out(chunk, place))
        listed += len(chunk)
        undated += sum(item.received_at is None for item in every)
    faults.point("backfill.counted")
    _move(wish, visit, state=BackFillState.COUNTED, listed=listed, missing=missing, undated=undated)


def _record(wish: BackFill, visit: Visit, place: Place) -> None:
    boundary = _all_is_history()
    for every in chunks(_listed(wish, visit)):
        chunk = [item for item in every if _is_wanted(item, wish)]
        with visit.lease.writing():
            _let_in(_left_out(chunk, place))
        faults.point("backfill.let_in")
        record(chunk, visit, place=place, boundary=boundary, besides=partial(_take_from_range, place=place))
    faults.point("backfill.recorded")
    _move(wish, visit, state=BackFillState.DONE)


def _listed(wish: BackFill, visit: Visit) -> Iterator[RemoteItem]:
    """Mail as the server lists it, of these days and maybe of others; what tells no date is among it."""
    session = visit.session
    listed = session.list_all(since=wish.since)
    if session.order is Order.NONE:
        listed = dated(listed, session)
    return (item for item in listed if not item.other_kind)


def _is_wanted(item: RemoteItem, wish: BackFill) -> bool:
    return item.received_at is not None and wish.since <= item.received_at < wish.before


def _fresh(chunk: Sequence[RemoteItem], place: Place) -> list[RemoteItem]:
    known = place.known_ids([item.remote_id for item in chunk])
    return [item for item in chunk if item.remote_id not in known]


def _left_out(chunk: Sequence[RemoteItem], place: Place) -> list[int]:
    """The sightings of those that are in the ledger as mail that was to be left alone."""
    rows = place.sightings().filter(remote_id__in=[item.remote_id for item in chunk], raw=None)
    return list(rows.filter(outcome=Outcome.IGNORED, reason_code__in=_LEFT_OUT).values_list("id", flat=True))


def _let_in(ids: Sequence[int]) -> None:
    RemoteMessage.objects.filter(id__in=ids).update(
        outcome=Outcome.PENDING, reason_code="", reason_data={}, decided_at=None, is_history=True, fetch_attempts=0
    )


def _take_from_range(rows: Sequence[RemoteMessage], *, place: Place) -> None:
    """The range of what was left alone counts these no longer: each has a row now."""
    upto = place.ignored_upto()
    count = sum(bool(upto) and int(row.remote_id) <= upto for row in rows)
    if count:
        place.ignored_ranges().update(count=Greatest(F("count") - count, Value(0)))


def _all_is_history() -> Boundary:
    """A boundary behind which everything lies that has come until now."""
    return Boundary(start_at=None, connected_at=clock.now(), upto=None, ignores=False, is_whole=True)


def _move(wish: BackFill, visit: Visit, **values: object) -> None:
    """Unless a person has asked for something else meanwhile."""
    with visit.lease.writing():
        same = BackFill.objects.filter(pk=wish.pk, state=wish.state, asked_at=wish.asked_at)
        same.update(changed_at=clock.now(), **values)
