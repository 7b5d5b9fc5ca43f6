"""From the server's listing into the ledger: every message it shows has a row, before anything is downloaded.

first look, new epoch or start ──▶ settle: list since the floor, match renumbered mail, the rest becomes a range
fingerprint unchanged   ──▶ nothing to list
else                    ──▶ list from the cursor, a window behind it included ──known ids are other mail──▶ new epoch

The cursor and the fingerprint move only after the rows are committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from helpdesk.lib import clock, faults
from mailboxes.connectors.base import RemoteItem
from mailboxes.models import Mailbox, Outcome, RemoteMessage
from mailboxes.services import matching
from mailboxes.services.folder_marks import close_unfetched, ignore_nothing, ignore_upto, mark_reconciled, move_cursor
from mailboxes.services.history import Boundary, Fate, boundary_of, reason_data_of
from mailboxes.services.ledger import Place, chunks, epoch_of, next_numbering, place_of
from mailboxes.services.renumbering import is_numbered_anew, split_at
from mailboxes.services.visit import Visit

RESCAN_IDS = 500  # ids behind the cursor that are looked at again: some servers show a lower id later


def record_sightings(visit: Visit) -> tuple[Place, int]:
    """Everything the folder shows is in the ledger; gives its place there, and how many were new.

    Raises ConnectorError, LeaseLost.
    """
    session, mailbox = visit.session, visit.mailbox
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
    items = chain(behind, ahead)
    boundary = boundary_of(mailbox, epoch=place.epoch, is_whole=False)
    new, highest = record(items, visit, place=place, boundary=boundary)
    with visit.lease.writing():
        move_cursor(mailbox, place, state=session.state, highest=highest)
    faults.point("poll.listed")
    return place, new


def record(
    items: Iterable[RemoteItem], visit: Visit, *, place: Place, boundary: Boundary, is_matched: bool = False
) -> tuple[int, int]:
    """What the ledger lacks of these items is in it; gives how many, and the highest id of all.

    is_matched: compare each new item with what was seen under other numberings.
    """
    lease = visit.lease
    matcher = matching.Matcher(visit.session, lease, place) if is_matched else None
    new = highest = 0
    for chunk in chunks(items):
        highest = max(highest, *(int(item.remote_id) for item in chunk))
        with lease.reading():
            fresh = _unknown(chunk, place, boundary)
        if not fresh:
            continue
        rows = [_row(item, visit.mailbox, place, fate=boundary.fate(item)) for item in fresh]
        if matcher:
            matcher.match(rows)
        with lease.writing():
            RemoteMessage.objects.bulk_create(rows)
            if matcher:
                matcher.take_over(rows)
        faults.point("poll.sighted")
        new += len(rows)
    return new, highest


def _unknown(chunk: list[RemoteItem], place: Place, boundary: Boundary) -> list[RemoteItem]:
    known = place.known_ids([item.remote_id for item in chunk])
    ignored_upto = place.ignored_upto()
    return [
        item
        for item in chunk
        if item.remote_id not in known and not (int(item.remote_id) <= ignored_upto and boundary.fate(item).is_ignored)
    ]


def _row(item: RemoteItem, mailbox: Mailbox, place: Place, *, fate: Fate) -> RemoteMessage:
    row = RemoteMessage(
        organization_id=mailbox.organization_id,
        mailbox_id=place.mailbox_id,
        source_generation=place.source_generation,
        folder=place.folder,
        epoch=place.epoch,
        remote_id=item.remote_id,
        size_bytes=item.size_bytes,
        received_at=item.received_at,
        seen_at=clock.now(),
        is_history=fate is Fate.HISTORY,
    )
    if fate.is_ignored:
        row.outcome, row.decided_at = Outcome.IGNORED, row.seen_at
        row.reason_code, row.reason_data = fate.value, reason_data_of(fate, mailbox)
    return row


def _settle(visit: Visit, place: Place) -> int:
    """Old and new are told apart in an epoch seen for the first time; gives how many rows were written."""
    mailbox, state = visit.mailbox, visit.session.state
    boundary = boundary_of(mailbox, epoch=place.epoch, is_whole=True)
    since = boundary.since()
    with visit.lease.reading():
        has_earlier = place.earlier().exists()
    listing = _Listing(boundary, keeps_all=has_earlier)
    wanted = listing.wanted(visit.session.list_all(since=since))
    new, _ = record(wanted, visit, place=place, boundary=boundary, is_matched=has_earlier)
    faults.point("poll.listed")
    highest = max(listing.highest, state.highest_id or 0)
    with visit.lease.writing():
        if listing.left_out or since is not None:
            ignore_upto(mailbox, place, highest=highest, count=max(0, state.count - listing.kept))
        else:
            ignore_nothing(place)
        close_unfetched(place)
        mark_reconciled(mailbox, state)
        move_cursor(mailbox, place, state=state, highest=highest)
    return new


class _Listing:
    """What a whole listing holds, counted while it passes.

    Of ignored history only the number is kept: a row for each would be a table of other people's old mail.
    """

    def __init__(self, boundary: Boundary, *, keeps_all: bool) -> None:
        self._boundary = boundary
        self._keeps_all = keeps_all
        self.kept = self.left_out = self.highest = 0

    def wanted(self, items: Iterable[RemoteItem]) -> Iterator[RemoteItem]:
        """The items that get a row."""
        for item in items:
            self.highest = max(self.highest, int(item.remote_id))
            if self._keeps_all or not self._boundary.fate(item).is_ignored:
                self.kept += 1
                yield item
            else:
                self.left_out += 1


def _record_unnumbered(visit: Visit, place: Place) -> tuple[Place, int]:
    """A server without UIDVALIDITY: the whole listing is compared, and any contradiction begins a new epoch (F40)."""
    mailbox = visit.mailbox
    if mailbox.is_history_settled and place.epoch == mailbox.epoch:
        items = list(visit.session.list_all(since=None))
        with visit.lease.reading():
            is_contradicted = any(_contradicts(chunk, place) for chunk in chunks(items))
        if not is_contradicted:
            boundary = boundary_of(mailbox, epoch=place.epoch, is_whole=False)
            new, highest = record(items, visit, place=place, boundary=boundary)
            with visit.lease.writing():
                move_cursor(mailbox, place, state=visit.session.state, highest=highest)
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
