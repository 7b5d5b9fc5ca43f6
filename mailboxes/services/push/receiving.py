"""Mail that is brought here, by HTTP, SMTP or LMTP: into storage and the ledger before the answer, as polled mail is.

What was answered is committed. Whoever died before the answer, they or we, sends again: the same bytes for the same
mailbox are one sighting, and have the same answer.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Q

from helpdesk.accounts.models import Organization
from helpdesk.lib import clock, faults, files
from helpdesk.lib.files import StorageDown
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import BROUGHT, Mailbox, RawMessage, RawState, RemoteMessage
from mailboxes.services.liveness.health import note_success
from mailboxes.services.push.push_addresses import PushTarget
from mailboxes.services.push.refusing import note_storage_down, refusals
from mailboxes.services.reading.headers import message_id_of
from mailboxes.services.reading.inbox import Arrival, create_raws, piece_of
from mailboxes.services.reading.ledger import Place, place_of

NOTED_WITHIN_S = 60.0  # how exactly the list says when mail came last


class AddressGone(Exception):
    """The mailbox was deleted meanwhile; nothing was kept."""


@dataclass(frozen=True)
class Receipt:
    """A message that is here for good."""

    sighting_id: int
    is_new: bool  # False: these bytes were here already


def receive(content: bytes, *, target: PushTarget, return_path: str | None = None) -> Receipt:
    """The message is in storage and in the ledger for good, due to be processed now, or when the mailbox is resumed.

    content: as it was sent, at most the target's `max_bytes`; line ends are kept as they are.
    return_path: the sender of an SMTP envelope, "" for the null sender; kept as the first header field, by which
    bounces are told. It is no part of what tells a message from another: forwarders write the date into it.
    Outside any scope and transaction. Raises StorageDown, which stands on the mailbox then, and AddressGone: nothing is
    here then.
    """
    try:
        receipt = _received(content, target=target, return_path=return_path)
    except StorageDown as error:
        note_storage_down(target, error)
        raise
    except (OperationalError, InterfaceError):
        refusals.note(target)
        raise
    refusals.write_down()
    return receipt


def _received(content: bytes, *, target: PushTarget, return_path: str | None) -> Receipt:
    remote_id = hashlib.sha256(content).hexdigest()
    with organization_scope(target.organization_id):
        mailbox = _mailbox(target)
        known_id = _known_id(place_of(mailbox, epoch=BROUGHT), remote_id)
    if known_id is not None:
        return Receipt(known_id, is_new=False)
    stored = _return_path_field(return_path) + content
    sighting = _sighting(mailbox, stored, remote_id=remote_id)
    return _keep(Arrival(sighting=sighting, content=stored), target)


def release_kept(mailbox: Mailbox) -> None:
    """What came while the mailbox was paused is due to be processed. In the transaction that ends the pause."""
    kept = RawMessage.objects.filter(mailbox=mailbox, state=RawState.PENDING).order_by("id")
    raw_ids = list(kept.values_list("id", flat=True))
    if raw_ids:
        work.enqueue_many(WorkKind.PROCESS, organization_id=mailbox.organization_id, row_ids=raw_ids)
        drains.wake(WorkKind.PROCESS)


def _mailbox(target: PushTarget) -> Mailbox:
    mailbox: Mailbox | None = Mailbox.objects.filter(pk=target.mailbox_id, deleted_at=None).first()
    if mailbox is None:
        raise AddressGone
    return mailbox


def _known_id(place: Place, remote_id: str) -> int | None:
    found: int | None = place.sightings().filter(remote_id=remote_id).values_list("id", flat=True).first()
    return found


def _return_path_field(return_path: str | None) -> bytes:
    """RFC 5321 section 4.4: whoever delivers last notes the envelope's sender."""
    if return_path is None:
        return b""
    address = return_path.strip("<>").encode("utf-8", "surrogateescape")
    is_plain = not any(byte < 33 or byte in b"<>" for byte in address)
    return b"Return-Path: <" + address + b">\r\n" if is_plain else b""


def _sighting(mailbox: Mailbox, stored: bytes, *, remote_id: str) -> RemoteMessage:
    moment = clock.now()
    return RemoteMessage(
        organization_id=mailbox.organization_id,
        mailbox_id=mailbox.pk,
        source_generation=mailbox.source_generation,
        folder=mailbox.folder,
        epoch=BROUGHT,
        remote_id=remote_id,
        size_bytes=len(stored),
        received_at=moment,
        seen_at=moment,
        fetch_attempts=1,
        message_id=message_id_of(stored),
    )


def _keep(arrival: Arrival, target: PushTarget) -> Receipt:
    """The file first; then the rows, unless the same bytes have come by another connection meanwhile."""
    keys = files.write_all_durably(f"raw/{target.organization_id}", [piece_of(arrival)])
    faults.point("receive.files_durable")
    try:
        _record(arrival, keys, target)
    except AddressGone:
        files.undo(keys)
        raise
    except IntegrityError:
        files.undo(keys)
        with organization_scope(target.organization_id):
            known_id = _known_id(place_of(_mailbox(target), epoch=BROUGHT), arrival.sighting.remote_id)
        if known_id is None:
            raise
        return Receipt(known_id, is_new=False)
    faults.point("receive.committed")
    return Receipt(arrival.sighting.pk, is_new=True)


def _record(arrival: Arrival, keys: list[str], target: PushTarget) -> None:
    with organization_scope(target.organization_id), transaction.atomic():
        mailbox = _mailbox(target)
        is_kept = _is_paused(mailbox) or _is_switched_off(mailbox)
        [raw] = create_raws([arrival], keys=keys, mailbox=mailbox)
        arrival.sighting.raw = raw
        arrival.sighting.save()
        if not is_kept:
            work.enqueue(WorkKind.PROCESS, organization_id=target.organization_id, row_id=raw.pk)
            drains.wake(WorkKind.PROCESS)
            _note_arrival(target)
            note_success(mailbox)
        faults.point("receive.in_store")


def _note_arrival(target: PushTarget) -> None:
    """The list says that mail came."""
    mailbox = {"organization_id": target.organization_id, "row_id": target.mailbox_id}
    work.note_success(WorkKind.POLL, **mailbox, within_s=NOTED_WITHIN_S)


def _is_paused(mailbox: Mailbox) -> bool:
    """True if it is, and stays so until our commit: who resumes it then finds what we kept."""
    if mailbox.is_enabled:
        return False
    locked = Mailbox.objects.select_for_update().filter(pk=mailbox.pk)
    return locked.values_list("is_enabled", flat=True).first() is False


def _is_switched_off(mailbox: Mailbox) -> bool:
    """The same for the whole organization."""
    own = Organization.objects.filter(pk=mailbox.organization_id)
    if own.filter(Q(takes_mail=True) | Q(tells_while_off=True)).exists():
        return False
    found = own.select_for_update().first()
    return found is not None and not found.reads_mail
