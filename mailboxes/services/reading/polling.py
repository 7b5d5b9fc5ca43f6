"""One poll of one mailbox, under a lease: list, fetch, store, acknowledge, reconcile, and say how it went.

claim ─▶ folder opened ─▶ sightings in the ledger ─▶ bytes stored, rows committed ─▶ server told ─▶ health, next due
              └──────────── trouble at any step ─────────────────────────────────────────────▶ cause, growing pause

Killed anywhere, the next poll goes on from the ledger. A worker paused past its lease changes nothing more.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Exists

from helpdesk.lib import clock, faults, files
from helpdesk.lib.files import StorageDown
from helpdesk.tenancy import work
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.registry import traits_of
from mailboxes.models import AfterImportChoice, Health, Mailbox
from mailboxes.services.liveness import health
from mailboxes.services.reading import host_places, reconciling, waits
from mailboxes.services.reading.accounts import account_of, caller_of
from mailboxes.services.reading.acknowledging import acknowledge_due
from mailboxes.services.reading.back_filling import back_fill, open_back_fills
from mailboxes.services.reading.crowding import note_crowded
from mailboxes.services.reading.fetching import fetch_missing, missing
from mailboxes.services.reading.lease import Lease
from mailboxes.services.reading.ledger import Place
from mailboxes.services.reading.listing import record_sightings
from mailboxes.services.reading.sessions import SessionKeeper, keeping, session_place
from mailboxes.services.reading.visit import Visit
from mailboxes.services.reading.whole_fetching import fetch_wanted, open_wishes
from mailboxes.services.setup.connections import source_of

logger = logging.getLogger(__name__)

BUDGET_S = 60.0  # then another mailbox has its turn


@dataclass
class PollReport:
    """What a poll did, for the command and the log."""

    listed: int = 0  # messages the ledger did not know
    stored: int = 0  # messages whose bytes are new in storage
    failed: int = 0  # messages given up
    errors: list[str] = field(default_factory=list)  # why the poll as a whole ended early
    sighting_ids: list[int] = field(default_factory=list)
    is_complete: bool = True


def handle(claim: work.Claim) -> None:
    """The drain's handler: the mailbox was polled, or its item is gone with it."""
    poll(claim, even_if_paused=False)


def poll(claim: work.Claim, *, even_if_paused: bool, budget_s: float = BUDGET_S) -> PollReport:
    """The claimed mailbox was polled, and the claim given back. Raises LeaseLost and nothing else of its own."""
    report = PollReport()
    with Lease(claim, lease_s=settings.LEASE_S) as lease:
        mailbox = _mailbox(lease)
        if mailbox is None:
            work.finish(claim)
        elif mailbox.is_draft or (not (mailbox.is_enabled and mailbox.organization.reads_mail) and not even_if_paused):
            work.reschedule(claim, due_at=health.next_due(mailbox), succeeded=False)
        elif not traits_of(mailbox.connection.kind).is_polled:
            _try_storage(mailbox, lease, report)
        elif not even_if_paused and (wait := waits.wait_of(caller_of(mailbox.connection))) is not None:
            health.record_wait(mailbox, lease, until=wait.until, detail=wait.detail)
        else:
            _visit(mailbox, lease, report, is_by_hand=even_if_paused, budget_s=budget_s)
    return report


def _visit(mailbox: Mailbox, lease: Lease, report: PollReport, *, is_by_hand: bool, budget_s: float) -> None:
    """The mailbox was polled, or put off for seconds where there is no room for one more session."""
    session_s = traits_of(mailbox.connection.kind).session_s or budget_s
    with session_place(mailbox, lease) as keeper:
        if keeper is not None or is_by_hand:
            deadline = clock.monotonic() + min(budget_s, session_s)
            lasting = None if is_by_hand else keeper  # a poll by hand is the last one of its process
            _poll_and_record(mailbox, lease, report, deadline=deadline, keeper=lasting)
        else:
            due_at = clock.in_seconds(host_places.pause_s(lease.claim.attempts))
            work.reschedule(lease.claim, due_at=due_at, succeeded=False)


def _mailbox(lease: Lease) -> Mailbox | None:
    with lease.reading():
        mailboxes = Mailbox.objects.select_related("connection__grant", "organization")
        return mailboxes.filter(id=lease.claim.row_id, deleted_at=None).first()


def _try_storage(mailbox: Mailbox, lease: Lease, report: PollReport) -> None:
    """Mail is brought to the mailbox: where it could not be stored, it is known whether it can be now."""
    try:
        if mailbox.health != Health.REACHABLE:
            files.try_out(size_bytes=mailbox.max_message_bytes)
    except StorageDown as error:
        report.errors.append(str(error))
        health.record_failure(mailbox, lease, trouble=health.trouble_of(error))
    else:
        health.record_success(mailbox, lease)


def _poll_and_record(
    mailbox: Mailbox, lease: Lease, report: PollReport, *, deadline: float, keeper: SessionKeeper | None
) -> None:
    try:
        _poll(mailbox, lease, report, deadline=deadline, keeper=keeper)
    except work.LeaseLost:
        raise
    except (ConnectorError, StorageDown) as error:
        trouble = health.trouble_of(error)
        if trouble.reason == Reason.CALLS_SPENT:
            report.errors.append(trouble.reason)
            until = clock.in_seconds(trouble.retry_after_s or 0.0)
            health.record_wait(mailbox, lease, until=until, reason=Reason.CALLS_SPENT)
            return
        if isinstance(error, ConnectorError):
            waits.note_refusal(caller_of(mailbox.connection), error)
        logger.warning("poll.failed", extra={"mailbox_id": mailbox.id, "reason": trouble.reason})
    except Exception as error:  # a fault of ours is the mailbox's trouble, shown and tried again
        trouble = health.Trouble(reason="internal", detail=type(error).__name__)
        logger.exception("poll.broke", extra={"mailbox_id": mailbox.id})
    else:
        faults.point("poll.before_success")
        health.record_success(mailbox, lease, is_complete=report.is_complete)
        return
    if trouble.reason == Reason.TOO_MANY_CONNECTIONS:
        note_crowded(account_of(mailbox))
    report.errors.append(f"{trouble.reason}: {trouble.detail}" if trouble.detail else str(trouble.reason))
    health.record_failure(mailbox, lease, trouble=trouble)


def _poll(mailbox: Mailbox, lease: Lease, report: PollReport, *, deadline: float, keeper: SessionKeeper | None) -> None:
    began_at = clock.now()
    with lease.reading():
        source = source_of(mailbox)
        if keeper is not None:
            source = keeping(source, mailbox=mailbox, keeper=keeper)
    with source.open(writable=mailbox.after_import != AfterImportChoice.LEAVE) as session:
        faults.point("poll.opened")
        visit = Visit(session, mailbox, lease)
        place, report.listed = record_sightings(visit)
        if reconciling.is_due(mailbox):
            report.listed += reconciling.reconcile(visit, place)
        has_to_fetch = report.listed > 0 or _lacks_anything(visit, place)
        if has_to_fetch:
            back_fill(visit, place)
            fetched = fetch_missing(visit, place, deadline=deadline)
            report.stored, report.failed = fetched.stored, fetched.failed
            report.sighting_ids, report.is_complete = fetched.sighting_ids, fetched.is_complete
        acknowledge_due(visit, place, began_at=began_at)
        if has_to_fetch:  # last: what one large message costs, nobody else waits for
            report.is_complete = fetch_wanted(visit, place, deadline=deadline) and report.is_complete


def _lacks_anything(visit: Visit, place: Place) -> bool:
    """True if bytes are missing or messages are wanted: one question, where mostly there is nothing to do."""
    with visit.lease.reading():
        left = Exists(missing(place)) | Exists(open_wishes(visit.mailbox)) | Exists(open_back_fills(visit.mailbox))
        return Mailbox.objects.filter(left, pk=visit.mailbox.pk).exists()
