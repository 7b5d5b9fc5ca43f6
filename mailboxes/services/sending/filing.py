"""After the sending: proof for mails whose fate is unknown, and our copy in the Sent folder of what was sent.

Where the attempt has a handle the provider is asked what became of it: sent, or still unsent and then queued again. The
second is believed from the second look on, when what was under way must have come to its end. Else the Sent folder can
prove that a mail was sent; that it is not there proves nothing.

Handler of due `file_sent` items. A failure here never touches the delivery: it is a warning on the outbox page.
"""

from __future__ import annotations

import logging
import random
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from django.conf import settings

from helpdesk.lib import clock, faults, files
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from mailboxes.connectors.base import Became, Sender, Source
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import DeliveryState, FilingState, Mailbox, OutboxMessage, OutboxRecipient
from mailboxes.services.reading import waits
from mailboxes.services.reading.accounts import Caller, account_of, caller_of
from mailboxes.services.reading.crowding import note_crowded
from mailboxes.services.reading.lease import Lease
from mailboxes.services.reading.sessions import visiting_place
from mailboxes.services.sending import delivery_states, pace
from mailboxes.services.sending.outgoing_servers import sender_of
from mailboxes.services.setup.connections import source_of

logger = logging.getLogger(__name__)

PROOF_AFTER_S = 30  # a provider needs a moment to show its copy
UNSENT_FROM_LOOK = 2
BUSY_S = (1.0, 3.0)  # until the next try for a session on an account that has as many as it bears
PAUSES_S = (60.0, 300.0, 1800.0, 7200.0)  # after these it is given up


def look_later(outbox: OutboxMessage, *, in_s: float = 0) -> None:
    """The Sent folder will be attended to for this mail. Inside the caller's transaction."""
    work.enqueue(
        WorkKind.FILE_SENT,
        organization_id=outbox.organization_id,
        row_id=outbox.id,
        due_at=clock.in_seconds(in_s),
    )
    drains.wake(WorkKind.FILE_SENT)


def attend(claim: work.Claim) -> None:
    """Unknown recipients are `sent`, or queued again, if that is proven; the copy is in Sent if we are to file it.

    What failed for a passing reason is tried again, four times. Raises LeaseLost.
    """
    with Lease(claim, lease_s=settings.LEASE_S) as lease:
        with lease.reading():
            rows = OutboxMessage.objects.select_related("mailbox__connection__grant", "outgoing__login_of__grant")
            outbox = rows.filter(id=claim.row_id).first()
            errand = _errand(outbox) if outbox is not None else None
        if errand is None:
            with lease.writing():
                work.finish(claim)
            return
        wait = waits.wait_of(errand.caller) if errand.caller is not None else None
        if wait is not None:
            work.give_back([claim], due_at=wait.until)
            return
        with errand.place(lease) as has_place:
            if has_place:
                _attend(errand, lease)
            else:
                work.give_back([claim], due_at=clock.in_seconds(random.uniform(*BUSY_S)))  # noqa: S311  no secret


@dataclass(frozen=True)
class _Errand:
    """What there is to do for a mail, and where."""

    outbox: OutboxMessage
    mailbox: Mailbox | None  # whose Sent folder is looked into
    source: Source | None  # of that mailbox
    sender: Sender | None  # who can be asked what became of the mail
    caller: Caller | None  # as whom the provider counts us

    def place(self, lease: Lease) -> AbstractContextManager[bool]:
        """True inside the block if the mailbox's account bears one more session."""
        if self.mailbox is None or self.source is None:
            return nullcontext(enter_result=True)
        return visiting_place(self.mailbox, lease, timeout_s=settings.LEASE_S)

    def hear(self, error: ConnectorError) -> None:
        """What the provider said about us is known to the polls, too."""
        if self.caller is not None:
            waits.note_refusal(self.caller, error)
        if error.reason is Reason.TOO_MANY_CONNECTIONS and self.mailbox is not None:
            note_crowded(account_of(self.mailbox))


def _errand(outbox: OutboxMessage) -> _Errand | None:
    """None: there is nobody to be asked."""
    source, sender = _source(outbox), _sender(outbox)
    if source is None and sender is None:
        return None
    if source is not None and outbox.mailbox is not None:
        return _Errand(outbox, outbox.mailbox, source, sender, caller_of(outbox.mailbox.connection))
    caller = pace.caller_through(outbox.outgoing) if outbox.outgoing is not None else None
    return _Errand(outbox, None, source, sender, caller)


def _attend(errand: _Errand, lease: Lease) -> None:
    outbox, source = errand.outbox, errand.source
    try:
        is_settled = _ask(outbox, errand.sender, lease) if errand.sender is not None else False
        if source is not None:
            is_settled = is_settled or _prove(outbox, source=source, lease=lease)
            _file(outbox, source=source, lease=lease)
    except (ConnectorError, FileNotFoundError) as error:
        if isinstance(error, ConnectorError):
            errand.hear(error)
        _note(outbox, error=error, lease=lease)
    else:
        _end(lease, is_settled=is_settled)


def can_be_proven(outbox: OutboxMessage) -> bool:
    """True if it can be found out what became of the attempt whose outcome is unknown."""
    return _is_unknown(outbox) and (bool(outbox.handle) or _can_sent_prove(outbox))


def _is_unknown(outbox: OutboxMessage) -> bool:
    return OutboxRecipient.objects.filter(outbox=outbox, state=DeliveryState.UNKNOWN).exists()


def _can_sent_prove(outbox: OutboxMessage) -> bool:
    """True if a copy in Sent can only come from that attempt: after an earlier success it is that one's, or ours."""
    is_first = outbox.attempts <= 1 or OutboxRecipient.objects.filter(outbox=outbox).count() == 1
    return outbox.mailbox_id is not None and is_first and outbox.sent_at is None


def _source(outbox: OutboxMessage) -> Source | None:
    if outbox.mailbox is None or outbox.mailbox.deleted_at is not None:
        return None
    try:
        return source_of(outbox.mailbox)
    except ConnectorError as error:
        logger.warning("filing.no_source", extra={"outbox_id": outbox.id, "reason": error.reason})
        return None


def _sender(outbox: OutboxMessage) -> Sender | None:
    """Who can be asked what became of the mail, if anybody can."""
    if not outbox.handle or outbox.outgoing is None or not _is_unknown(outbox):
        return None
    try:
        return sender_of(outbox.outgoing)
    except ConnectorError as error:
        logger.warning("filing.no_sender", extra={"outbox_id": outbox.id, "reason": error.reason})
        return None


def _ask(outbox: OutboxMessage, sender: Sender, lease: Lease) -> bool:
    """True if the provider said what became of the mail, and its recipients are settled by that."""
    became = sender.what_became_of(outbox.handle)
    if became is Became.UNKNOWN or (became is Became.UNSENT and lease.claim.attempts < UNSENT_FROM_LOOK):
        return False
    with lease.writing():
        if became is Became.SENT:
            prove_sent(outbox)
            return True
        return _queue_unsent(outbox)


def _queue_unsent(outbox: OutboxMessage) -> bool:
    """What is proven not to have been sent is tried again; not what is from before a restore. In the transaction."""
    outbox.refresh_from_db()
    if outbox.epoch < delivery_states.outbox_epoch():
        return False
    unknown = OutboxRecipient.objects.filter(outbox=outbox, state=DeliveryState.UNKNOWN)
    ids = list(unknown.values_list("id", flat=True))
    delivery_states.move(outbox, ids=ids, to=DeliveryState.QUEUED, is_marked=False, **delivery_states.NOTHING_SAID)
    delivery_states.roll_up(outbox)
    work.enqueue(WorkKind.DELIVER, organization_id=outbox.organization_id, row_id=outbox.id)
    drains.wake(WorkKind.DELIVER)
    return True


def _prove(outbox: OutboxMessage, *, source: Source, lease: Lease) -> bool:
    """False if recipients stay unknown although proof may still appear."""
    with lease.reading():
        if not (_is_unknown(outbox) and _can_sent_prove(outbox)):
            return not (outbox.handle and _is_unknown(outbox))
    if not source.find_in_sent(outbox.message_id):
        return False
    with lease.writing():
        prove_sent(outbox)
    return True


def prove_sent(outbox: OutboxMessage) -> None:
    """Unknown recipients are sent; the copy is there, so none is filed. Inside the caller's transaction."""
    outbox.refresh_from_db()
    unknown = OutboxRecipient.objects.filter(outbox=outbox, state=DeliveryState.UNKNOWN)
    ids = list(unknown.values_list("id", flat=True))
    moment = clock.now()
    delivery_states.move(outbox, ids=ids, to=DeliveryState.SENT, is_marked=False, sent_at=moment)
    outbox.sent_at, outbox.handle = outbox.sent_at or moment, ""
    if outbox.filing == FilingState.DUE:
        outbox.filing = FilingState.DONE
    delivery_states.settle(outbox)


def _file(outbox: OutboxMessage, *, source: Source, lease: Lease) -> None:
    with lease.reading():
        outbox.refresh_from_db()
    if outbox.filing not in (FilingState.DUE, FilingState.FAILED) or outbox.sent_at is None:
        return
    lease.check()
    # Files it once: an earlier try may have filed it and died before it could say so.
    folder = source.file_sent(files.read(outbox.storage_key))
    faults.point("filing.filed")
    with lease.writing():
        OutboxMessage.objects.filter(id=outbox.id).update(
            filing=FilingState.DONE, filed_in=folder[:400], filing_reason="", filing_error=""
        )


def _note(outbox: OutboxMessage, *, error: ConnectorError | FileNotFoundError, lease: Lease) -> None:
    """The warning stands on the mail; only what had to be filed counts as failed."""
    reason, said = (str(error.reason), error.detail) if isinstance(error, ConnectorError) else ("file_missing", "")
    with lease.writing():
        rows = OutboxMessage.objects.filter(id=outbox.id, filing__in=(FilingState.DUE, FilingState.FAILED))
        rows.exclude(sent_at=None).update(filing=FilingState.FAILED, filing_reason=reason, filing_error=said)
    is_final = isinstance(error, FileNotFoundError) or error.permanent
    _end(lease, is_settled=is_final)


def _end(lease: Lease, *, is_settled: bool) -> None:
    tries = lease.claim.attempts
    with lease.writing():
        if is_settled or tries > len(PAUSES_S):
            work.finish(lease.claim)
        else:
            work.reschedule(lease.claim, due_at=clock.in_seconds(PAUSES_S[tries - 1]), succeeded=False)
