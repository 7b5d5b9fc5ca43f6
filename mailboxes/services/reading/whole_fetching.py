"""The poll's last step: messages that a member wants whole come down, whatever the mailbox's limit.

wished ─▶ attempt counted ─▶ fetched ─▶ bytes durable ─▶ rows, in one transaction ─▶ processed ─▶ header bytes removed

The new bytes take the place of the headers in every sighting; what is made of them the layer above decides. Each step
commits under the poll's lease, and killed anywhere the next poll goes on from the wish's state.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, Q, QuerySet

from helpdesk.lib import clock, faults, files
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from mailboxes.connectors.base import Fetched, RemoteItem
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import (
    LARGEST_MESSAGE_BYTES,
    AckState,
    LedgerReason,
    Mailbox,
    Outcome,
    RawMessage,
    RawState,
    RemoteMessage,
    WholeFetch,
    WholeFetchState,
)
from mailboxes.services.liveness.health import trouble_of
from mailboxes.services.reading import whole_states
from mailboxes.services.reading.inbox import Arrival, acknowledge_at, piece_of
from mailboxes.services.reading.ledger import Place
from mailboxes.services.reading.visit import Visit

MAX_TRIES = 3  # answered with an error or never ended; then a person decides
_OPEN = (*whole_states.WANTED, WholeFetchState.STORED)


def fetch_wanted(visit: Visit, place: Place, *, deadline: float) -> bool:
    """Every wish of the mailbox was tried once; False if `deadline` (monotonic seconds) passed before.

    One is tried in any case, so that a backlog does not keep it waiting.

    Raises ConnectorError for trouble with the server as a whole, StorageDown and LeaseLost.
    """
    with visit.lease.reading():
        wishes = list(open_wishes(visit.mailbox).select_related("raw", "whole"))
    tried = 0
    for wish in wishes:
        if wish.state == WholeFetchState.STORED:
            _tidy(wish, visit)
        elif tried and clock.monotonic() > deadline:
            return False
        else:
            tried += 1
            _fetch(wish, visit, place)
    return True


def open_wishes(mailbox: Mailbox) -> QuerySet[WholeFetch]:
    """What is wanted whole of the mailbox, or is here and not tidied. Needs the scope."""
    return WholeFetch.objects.filter(mailbox=mailbox, state__in=_OPEN)


def _fetch(wish: WholeFetch, visit: Visit, place: Place) -> None:
    sightings = _counted(wish, visit, place)
    if not sightings:
        return
    faults.point("whole.counted")
    try:
        sighting, fetched = _fetched(sightings, visit)
        faults.point("whole.fetched")
        if fetched.content is not None:
            _store(wish, visit, arrival=Arrival(sighting=sighting, content=fetched.content))
        else:
            error = fetched.error or ConnectorError(Reason.MESSAGE_UNREADABLE, permanent=False)
            _note_failure(wish, visit, error=error, is_final=error.permanent)
    except ConnectorError as error:
        _note_failure(wish, visit, error=error, is_final=False)
        raise
    except files.StorageDown as error:
        with visit.lease.writing():
            whole_states.fail(wish.pk, reason_code=trouble_of(error).reason, detail=str(error))
        raise


def _counted(wish: WholeFetch, visit: Visit, place: Place) -> list[RemoteMessage]:
    """Where the message may lie, the newest number first, and one more attempt counted; none if that is hopeless."""
    with visit.lease.writing():
        sightings = list(place.sightings().filter(raw_id=wish.raw_id).order_by("-id"))
        if not sightings:
            whole_states.fail(wish.pk, reason_code=_why_lost(wish, place))
            return []
        if wish.attempts >= MAX_TRIES:
            whole_states.fail(wish.pk, reason_code="fetch_died")
            return []
        is_ours = whole_states.move(wish.pk, to=WholeFetchState.FETCHING, attempts=F("attempts") + 1)
    wish.attempts += 1
    return sightings if is_ours else []


def _why_lost(wish: WholeFetch, place: Place) -> str:
    here = RemoteMessage.objects.filter(
        raw_id=wish.raw_id, source_generation=place.source_generation, folder=place.folder
    )
    return "renumbered" if here.exists() else "repointed"


def _fetched(sightings: Sequence[RemoteMessage], visit: Visit) -> tuple[RemoteMessage, Fetched]:
    """The message under the first of its numbers that the server still knows."""
    for sighting in sightings:
        item = RemoteItem(sighting.remote_id, size_bytes=sighting.size_bytes, received_at=sighting.received_at)
        [fetched] = visit.session.fetch([item], max_bytes=LARGEST_MESSAGE_BYTES)
        if fetched.error is None or fetched.error.reason is not Reason.MESSAGE_GONE:
            break
    return sighting, fetched


def _note_failure(wish: WholeFetch, visit: Visit, *, error: ConnectorError, is_final: bool) -> None:
    """It waits for the next poll, or has failed when that cannot help or was tried often enough."""
    with visit.lease.writing():
        whole_states.fail(wish.pk, reason_code=error.reason, detail=error.detail)
        if not is_final and wish.attempts < MAX_TRIES:
            whole_states.move(wish.pk, to=WholeFetchState.REQUESTED)


def _store(wish: WholeFetch, visit: Visit, *, arrival: Arrival) -> None:
    """The bytes are in storage and the ledger for good, and due to be processed. Raises StorageDown, LeaseLost."""
    keys = files.write_all_durably(f"raw/{visit.mailbox.organization_id}", [piece_of(arrival)])
    faults.point("whole.files_durable")
    try:
        with visit.lease.writing():
            whole = _create_whole(wish.raw, visit, arrival=arrival, key=keys[0])
            if not whole_states.move(wish.pk, to=WholeFetchState.STORED, whole_id=whole.pk, reason_code="", detail=""):
                raise work.LeaseLost
            _replace_headers(wish.raw, whole, visit)
            work.enqueue(WorkKind.PROCESS, organization_id=visit.mailbox.organization_id, row_id=whole.pk)
            faults.point("whole.in_store")
            drains.wake(WorkKind.PROCESS)
    except work.LeaseLost:
        files.undo(keys)
        raise
    faults.point("whole.after_store")


def _create_whole(head: RawMessage, visit: Visit, *, arrival: Arrival, key: str) -> RawMessage:
    whole: RawMessage = RawMessage.objects.create(
        mailbox_id=visit.mailbox.pk,
        sha256=arrival.sha256,
        size_bytes=len(arrival.content),
        storage_key=key,
        is_history=head.is_history,
        stored_at=clock.now(),
    )
    return whole


def _replace_headers(head: RawMessage, whole: RawMessage, visit: Visit) -> None:
    """Every sighting of the headers shows the whole message, whose verdict is open; what waits on the server, waits on.

    Copies and resightings keep their verdict, which is that they are none.
    """
    sightings = RemoteMessage.objects.filter(raw=head)
    sightings.filter(ack_state__in=[AckState.DUE, AckState.FAILED]).update(ack_due_at=acknowledge_at(visit.mailbox))
    is_copy = Q(outcome=Outcome.DUPLICATE, reason_code=LedgerReason.SAME_BYTES)
    sightings.filter(resighting_of=None).exclude(is_copy).update(outcome=Outcome.PENDING, decided_at=None)
    sightings.update(raw=whole)


def _tidy(wish: WholeFetch, visit: Visit) -> None:
    """Once the whole message is processed nothing needs the header bytes: the file goes first, then its mention."""
    if wish.whole is None or wish.whole.state != RawState.DONE:
        return
    if wish.raw.storage_key:
        visit.lease.check()
        files.discard([wish.raw.storage_key])
    faults.point("whole.tidied")
    with visit.lease.writing():
        RawMessage.objects.filter(id=wish.raw_id).update(storage_key="")
        whole_states.move(wish.pk, to=WholeFetchState.DONE)
