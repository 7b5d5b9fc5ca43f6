"""Bytes into storage and the ledger: files first, durable, then the rows in one transaction; the server later.

Bytes that the mailbox has already are not stored again: the same message under a new number is a resighting, a second
copy lying beside the first is a duplicate. Either way no second ticket.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from helpdesk.lib import clock, faults, files
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from mailboxes import signals
from mailboxes.models import AckState, AfterImportChoice, LedgerReason, Mailbox, Outcome, RawMessage, RemoteMessage
from mailboxes.services.reading.headers import message_id_of
from mailboxes.services.reading.ledger import save_columns
from mailboxes.services.reading.matching import mark_resighting
from mailboxes.services.reading.visit import Visit

_SAVED_FIELDS = [
    "raw",
    "resighting_of",
    "received_at",
    "fetch_attempts",
    "message_id",
    "outcome",
    "reason_code",
    "reason_data",
    "ticket_id",
    "decided_at",
    "ack_state",
    "ack_due_at",
]


@dataclass
class Arrival:
    """A message that came down, and the sighting it belongs to."""

    sighting: RemoteMessage
    content: bytes = field(repr=False)
    is_header_only: bool = False  # too large: content is its header block
    sha256: str = ""

    def __post_init__(self) -> None:
        self.sha256 = hashlib.sha256(self.content).hexdigest()


def store(
    arrivals: Sequence[Arrival],
    visit: Visit,
    *,
    refused: Sequence[RemoteMessage] = (),
    gives_up: bool = False,
    is_listed: Callable[[RemoteMessage], bool],
) -> int:
    """The arrivals are in storage and in the ledger for good, due to be processed; gives how many were not known.

    refused: sightings without bytes whose verdict is saved along. gives_up: those above are told that some have failed.
    is_listed: the server still shows this sighting.
    Raises StorageDown: nothing was written. LeaseLost: nothing counts.
    """
    mailbox, lease = visit.mailbox, visit.lease
    with lease.reading():
        known = _known(mailbox, [arrival.sha256 for arrival in arrivals])
    fresh = _first_of_each([arrival for arrival in arrivals if arrival.sha256 not in known])
    for arrival in arrivals:
        _settle(arrival, mailbox)
    _tell_copies(arrivals, fresh, known, is_listed=is_listed)
    keys = files.write_all_durably(f"raw/{mailbox.organization_id}", [piece_of(arrival) for arrival in fresh])
    faults.point("poll.files_durable")
    try:
        with lease.writing():
            raws = create_raws(fresh, keys=keys, mailbox=mailbox)
            raw_by_hash = {raw.sha256: raw for raw in raws} | {hash_: raw for hash_, (raw, _) in known.items()}
            for arrival in arrivals:
                arrival.sighting.raw = raw_by_hash[arrival.sha256]
            saved = [*(arrival.sighting for arrival in arrivals), *refused]
            save_columns(saved, _SAVED_FIELDS)
            if gives_up:  # robust: trouble above must not stop the mailbox
                signals.mail_given_up.send_robust(
                    sender=RemoteMessage, organization_id=mailbox.organization_id, mailbox_id=mailbox.pk
                )
            work.enqueue_new(
                WorkKind.PROCESS, organization_id=mailbox.organization_id, row_ids=[raw.id for raw in raws]
            )
            faults.point("poll.in_store")
            if raws:
                drains.wake(WorkKind.PROCESS)
    except work.LeaseLost:
        files.undo(keys)
        raise
    faults.point("poll.after_store")
    return len(raws)


def _known(mailbox: Mailbox, hashes: Sequence[str]) -> dict[str, tuple[RawMessage, RemoteMessage | None]]:
    """The bytes the mailbox has already, each with the sighting they came by."""
    raws = RawMessage.objects.filter(mailbox=mailbox, sha256__in=hashes).order_by("-id")
    kept = {raw.sha256: _kept_for(raw) for raw in raws}
    return {
        sha256: (raw, raw.sightings.filter(resighting_of=None).order_by("id").first()) for sha256, raw in kept.items()
    }


def _kept_for(raw: RawMessage) -> RawMessage:
    """The bytes themselves, or the whole message that has taken the place of its headers since."""
    if not raw.is_header_only:
        return raw
    return RawMessage.objects.filter(completes__raw=raw).first() or raw


def _first_of_each(arrivals: Sequence[Arrival]) -> list[Arrival]:
    by_hash: dict[str, Arrival] = {}
    for arrival in arrivals:
        by_hash.setdefault(arrival.sha256, arrival)
    return list(by_hash.values())


def piece_of(arrival: Arrival) -> files.Piece:
    """The bytes, and the note from which the ledger could be rebuilt."""
    sighting = arrival.sighting
    note: dict[str, object] = {
        "mailbox": sighting.mailbox_id,
        "source_generation": sighting.source_generation,
        "folder": sighting.folder,
        "epoch": sighting.epoch,
        "remote_id": sighting.remote_id,
        "received_at": sighting.received_at.isoformat() if sighting.received_at else None,
        "size_bytes": sighting.size_bytes,
        "sha256": arrival.sha256,
        "is_history": sighting.is_history,
        "is_header_only": arrival.is_header_only,
    }
    return files.Piece(content=arrival.content, note=note)


def create_raws(fresh: Sequence[Arrival], *, keys: Sequence[str], mailbox: Mailbox) -> list[RawMessage]:
    """The rows of these files are there, in order. Inside the caller's transaction and scope."""
    moment = clock.now()
    rows = [
        RawMessage(
            organization_id=mailbox.organization_id,
            mailbox_id=mailbox.id,
            sha256=arrival.sha256,
            size_bytes=_size(arrival),
            storage_key=key,
            is_header_only=arrival.is_header_only,
            is_history=arrival.sighting.is_history,
            stored_at=moment,
        )
        for arrival, key in zip(fresh, keys, strict=True)
    ]
    return RawMessage.objects.bulk_create(rows)


def _size(arrival: Arrival) -> int:
    """The message's size: what the server claims where only its headers came down."""
    return (arrival.sighting.size_bytes or 0) if arrival.is_header_only else len(arrival.content)


def _settle(arrival: Arrival, mailbox: Mailbox) -> None:
    sighting = arrival.sighting
    sighting.message_id = message_id_of(arrival.content)
    sighting.reason_code, sighting.reason_data = "", {}  # an earlier try that failed
    if mailbox.after_import != AfterImportChoice.LEAVE:
        sighting.ack_state, sighting.ack_due_at = AckState.DUE, acknowledge_at(mailbox)


def acknowledge_at(mailbox: Mailbox) -> datetime:
    """When the after-import action of a message stored now is due."""
    is_delete = mailbox.after_import == AfterImportChoice.DELETE
    return clock.now() + timedelta(days=mailbox.after_import_days if is_delete else 0)


def _tell_copies(
    arrivals: Sequence[Arrival],
    fresh: Sequence[Arrival],
    known: Mapping[str, tuple[RawMessage, RemoteMessage | None]],
    *,
    is_listed: Callable[[RemoteMessage], bool],
) -> None:
    """Arrivals whose bytes were there already say of which sighting they are the copy."""
    first = {arrival.sha256: arrival.sighting for arrival in fresh}
    for arrival in arrivals:
        sighting = arrival.sighting
        original = first.get(arrival.sha256) or known[arrival.sha256][1]
        if original is None or original is sighting:
            continue
        if arrival.sha256 in first or is_listed(original):
            _mark_duplicate(sighting, original)
        else:
            mark_resighting(sighting, original)


def _mark_duplicate(sighting: RemoteMessage, original: RemoteMessage) -> None:
    sighting.outcome, sighting.decided_at = Outcome.DUPLICATE, clock.now()
    sighting.reason_code, sighting.reason_data = LedgerReason.SAME_BYTES, {"number": original.remote_id}
    sighting.ticket_id = original.ticket_id
