"""One attempt to deliver one outgoing mail. Handler of due `deliver` items; `outbox` puts them there.

begin (commit: sending) ─▶ connect, MAIL, RCPT ─▶ mark (commit) ─▶ DATA ─▶ results (commit)
dead before the mark: the next attempt tries again      dead after it: unknown, until proof or a person decides
A sender that prepares mails at the provider gives the mark a handle, with which it is asked what came of the mail.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from helpdesk.lib import clock, faults, files
from helpdesk.tenancy import work
from mailboxes.connectors.base import RecipientResult
from mailboxes.connectors.errors import ConnectorError
from mailboxes.models import DeliveryState, OutboxMessage, OutboxRecipient, OutgoingServer
from mailboxes.services.liveness.tracing import recorder_of
from mailboxes.services.reading.lease import Lease
from mailboxes.services.reading.places import give_up_places, keep_place
from mailboxes.services.sending import delivery_states, pace
from mailboxes.services.sending.outbox import MAX_UNDO_S
from mailboxes.services.sending.outgoing_servers import sender_of, server_for
from mailboxes.services.sending.results import (
    PAUSED_CHECK_S,
    Attempt,
    all_broken,
    all_refused,
    look_for_proof,
    record,
)
from mailboxes.services.sending.suppressing import drop_suppressed

logger = logging.getLogger(__name__)

BUSY_S = (1.0, 3.0)  # until the next try for a connection to a server that has as many as it bears


def deliver(claim: work.Claim) -> None:
    """The mail was offered once to every recipient still to be served, and its rows say what became of it.

    Raises LeaseLost when another worker has it since; nothing was written then.
    """
    with Lease(claim, lease_s=settings.LEASE_S) as lease:
        attempt = _begin(lease)
        if attempt is None:
            return
        faults.point("deliver.begun")
        with _connection_place(attempt, lease):
            try:
                results = _offer(attempt, lease=lease)
            except work.LeaseLost:
                raise
            except ConnectorError as error:
                record(attempt, lease=lease, results=all_refused(attempt, error=error), error=error)
            except Exception as error:  # after the mark nobody knows what was sent: it becomes unknown, not lost
                logger.exception("deliver.broke", extra={"outbox_id": attempt.outbox.id})
                record(attempt, lease=lease, results=all_broken(attempt, error=error), error=None)
            else:
                faults.point("deliver.answered")
                record(attempt, lease=lease, results=results, error=None)
        faults.point("deliver.recorded")


@contextmanager
def _connection_place(attempt: Attempt, lease: Lease) -> Iterator[None]:
    """The attempt's connection counts inside the block, however long it takes, and no longer afterwards."""

    def keep() -> None:
        for place in attempt.places:
            keep_place(place, timeout_s=settings.LEASE_S)

    try:
        with lease.beating_with(keep):
            yield
    finally:
        give_up_places(attempt.places)


def _begin(lease: Lease) -> Attempt | None:
    """The attempt is counted and its recipients are `sending`; None if there is nothing to do now."""
    with lease.writing():
        rows = OutboxMessage.objects.select_related("outgoing__login_of__grant", "mailbox__outgoing__login_of__grant")
        outbox = rows.filter(id=lease.claim.row_id).first()
        if outbox is None:
            work.finish(lease.claim)
            return None
        delivery_states.recover(outbox)
        drop_suppressed(outbox)
        wait_until = None if delivery_states.hold(outbox) else _not_before(outbox)
        if wait_until is None:
            return _with_connection(outbox, lease=lease)
        _put_off(outbox, lease=lease, until=wait_until)
        return None


def _put_off(outbox: OutboxMessage, *, lease: Lease, until: datetime) -> None:
    delivery_states.roll_up(outbox)
    work.reschedule(lease.claim, due_at=until, succeeded=False)


def _not_before(outbox: OutboxMessage) -> datetime | None:
    """When to look again, if the mail may not leave yet: still to be undone, or its server is missing or paused."""
    wait_s = (outbox.send_after - clock.now()).total_seconds()
    if 0 < wait_s <= MAX_UNDO_S:  # more than a minute ahead: the clock stepped back
        return outbox.send_after
    server = _server_of(outbox)
    if server is None:
        outbox.error_reason = "no_server"
    if server is None or server.paused_at is not None:
        return clock.in_seconds(PAUSED_CHECK_S)
    return None


def _with_connection(outbox: OutboxMessage, *, lease: Lease) -> Attempt | None:
    """The attempt, if its server bears one more connection and the mail's turn has come; else it is put off."""
    waiting = OutboxRecipient.objects.filter(outbox=outbox, state__in=delivery_states.TO_SEND)
    recipients = dict(waiting.order_by("id").values_list("address", "id"))
    server = _server_of(outbox)
    if not recipients or server is None:
        look_for_proof(outbox)
        delivery_states.settle(outbox)
        work.finish(lease.claim)
        return None
    places = pace.take_connection(server)
    if places is None:
        _put_off(outbox, lease=lease, until=clock.in_seconds(random.uniform(*BUSY_S)))  # noqa: S311  no secret
        return None
    try:
        wait_until = pace.wait_for_turn(outbox, server)
        if wait_until is None:
            return _started(outbox, server, recipients, places=places)
        _put_off(outbox, lease=lease, until=wait_until)
    except BaseException:
        give_up_places(places)
        raise
    give_up_places(places)
    return None


def _server_of(outbox: OutboxMessage) -> OutgoingServer | None:
    return outbox.outgoing or server_for(outbox.mailbox)


def _started(
    outbox: OutboxMessage, server: OutgoingServer, recipients: Mapping[str, int], *, places: Sequence[str]
) -> Attempt:
    ids = recipients.values()
    delivery_states.move(outbox, ids=ids, to=DeliveryState.SENDING, is_marked=False, **delivery_states.NOTHING_SAID)
    outbox.outgoing = server
    outbox.attempts += 1
    outbox.marked_at = None
    delivery_states.roll_up(outbox)
    return Attempt(outbox=outbox, server=server, recipients=recipients, places=places)


def _offer(attempt: Attempt, *, lease: Lease) -> Mapping[str, RecipientResult]:
    """What the server answered for each recipient. No transaction is open here but the mark's own."""
    with lease.reading():
        mailbox = attempt.outbox.mailbox
        user = mailbox.remote_user if mailbox is not None else ""
        sender = sender_of(attempt.server, user=user, recorder=recorder_of(mailbox))
    content = files.read(attempt.outbox.storage_key)
    result = sender.send(
        content,
        mail_from=attempt.outbox.mail_from,
        recipients=list(attempt.recipients),
        before_data=_Mark(attempt, lease),
        earlier=attempt.outbox.handle if attempt.outbox.attempts > 1 else None,
    )
    return result.recipients


@dataclass(frozen=True)
class _Mark:
    attempt: Attempt
    lease: Lease

    def __call__(self, accepted: Sequence[str], *, handle: str = "") -> None:
        """It is committed that content may go out to these. Raises LeaseLost, and then nothing goes out."""
        _mark(self.attempt, accepted=accepted, handle=handle, lease=self.lease)


def _mark(attempt: Attempt, *, accepted: Sequence[str], handle: str, lease: Lease) -> None:
    faults.point("deliver.before_mark")
    with lease.writing():
        ids = [attempt.recipients[address] for address in accepted]
        rows = OutboxRecipient.objects.filter(id__in=ids, state=DeliveryState.SENDING)
        if rows.update(is_marked=True) != len(ids):
            raise work.LeaseLost
        OutboxMessage.objects.filter(id=attempt.outbox.id).update(marked_at=clock.now(), handle=handle)
    attempt.marked = tuple(accepted)
    faults.point("deliver.marked")
