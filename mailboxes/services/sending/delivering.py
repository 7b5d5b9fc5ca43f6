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
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from helpdesk.lib import clock, faults, files
from helpdesk.tenancy import work
from mailboxes.connectors.base import RecipientResult, RecipientState
from mailboxes.connectors.errors import OF_TOKENS, ConnectorError, Reason
from mailboxes.models import DeliveryState, FilingState, OutboxMessage, OutboxRecipient, OutgoingServer
from mailboxes.services.liveness.certificates import keep_observed
from mailboxes.services.liveness.tracing import recorder_of
from mailboxes.services.reading.lease import Lease
from mailboxes.services.reading.places import give_up_places, keep_place
from mailboxes.services.sending import delivery_states, filing, pace
from mailboxes.services.sending.outbox import MAX_UNDO_S
from mailboxes.services.sending.outgoing_servers import sender_of, server_for
from mailboxes.services.sending.pauses import note_sent, pause_server

logger = logging.getLogger(__name__)

PAUSES_S = (60, 5 * 60, 15 * 60, 3600, 2 * 3600, 4 * 3600)  # the last one again and again
GIVE_UP_AFTER = timedelta(days=4)  # RFC 5321 section 4.5.4.1
PAUSED_CHECK_S = 900
BUSY_S = (1.0, 3.0)  # until the next try for a connection to a server that has as many as it bears
# The server or our account on it is set up wrongly: no fault of the mail, which waits until a person has seen to it.
PAUSING = OF_TOKENS | frozenset(
    {
        Reason.LOGIN_REFUSED,
        Reason.LOGIN_DISABLED,
        Reason.HOST_NOT_ALLOWED,
        Reason.TLS_NOT_OFFERED,
        Reason.TLS_CERTIFICATE_NAME,
        Reason.TLS_CERTIFICATE_EXPIRED,
        Reason.TLS_CERTIFICATE_UNTRUSTED,
        Reason.TLS_CERTIFICATE_CHANGED,
        Reason.ACCESS_BLOCKED,
        Reason.PERMISSION_MISSING,
        Reason.MAILBOX_NOT_FOUND,
        Reason.MAILBOX_NOT_ENABLED,
    }
)
_OPEN = frozenset({RecipientState.UNKNOWN, RecipientState.RETRY})  # the next attempt may take up what this one left
STATES = {
    RecipientState.SENT: DeliveryState.SENT,
    RecipientState.RETRY: DeliveryState.RETRY,
    RecipientState.FAILED: DeliveryState.FAILED,
    RecipientState.UNKNOWN: DeliveryState.UNKNOWN,
}


@dataclass
class Attempt:
    """One attempt: what it sends to whom, and whether the mark was committed."""

    outbox: OutboxMessage
    server: OutgoingServer
    recipients: Mapping[str, int]  # address to row id
    places: Sequence[str]  # of its connection to the server
    marked: Sequence[str] = field(default_factory=tuple)  # content may have gone to the server for these


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
                _record(attempt, lease=lease, results=_all_refused(attempt, error=error), error=error)
            except Exception as error:
                logger.exception("deliver.broke", extra={"outbox_id": attempt.outbox.id})
                _record(attempt, lease=lease, results=_all_broken(attempt, error=error), error=None)
            else:
                faults.point("deliver.answered")
                _record(attempt, lease=lease, results=results, error=None)
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
        _look_for_proof(outbox)
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


def _all_refused(attempt: Attempt, *, error: ConnectorError) -> Mapping[str, RecipientResult]:
    """A connector's error before the mark: nothing was sent."""
    is_final = error.permanent and error.reason not in PAUSING
    state = RecipientState.FAILED if is_final else RecipientState.RETRY
    return dict.fromkeys(attempt.recipients, RecipientResult(state=state, reason=error.reason, detail=error.detail))


def _all_broken(attempt: Attempt, *, error: Exception) -> Mapping[str, RecipientResult]:
    """Our own failure: nobody knows what came of those who were marked."""
    name = type(error).__name__
    broken = RecipientResult(state=RecipientState.UNKNOWN, reason=Reason.INTERNAL, detail=name)
    unknown = dict.fromkeys(attempt.marked, broken)
    again = RecipientResult(state=RecipientState.RETRY, reason=Reason.INTERNAL, detail=name)
    return dict.fromkeys(attempt.recipients, again) | unknown


def _record(
    attempt: Attempt,
    *,
    lease: Lease,
    results: Mapping[str, RecipientResult],
    error: ConnectorError | None,
) -> None:
    """The results are committed, and the work is finished or due again. Raises LeaseLost."""
    pauses = error is not None and error.permanent and error.reason in PAUSING
    with lease.writing():
        outbox = attempt.outbox
        outbox.refresh_from_db()
        outbox.marked_at = None
        if not any(result.state in _OPEN for result in results.values()):
            outbox.handle = ""
        outbox.error_reason = error.reason.value if error else ""
        outbox.error_detail = error.detail if error else ""
        for address, result in results.items():
            _record_recipient(outbox, row_id=attempt.recipients[address], result=result)
        if error is not None and pauses:
            pause_server(attempt.server, error=error)
        elif error is not None:
            pace.note_throttled(attempt.server, error=error)
        if any(result.state is RecipientState.SENT for result in results.values()):
            note_sent(attempt.server)
        keep_observed(attempt.server)
        next_try_at = _next_try(outbox, error=error, pauses=pauses)
        if next_try_at is None:
            _give_up(outbox)
        _after_results(outbox, next_try_at=next_try_at, lease=lease)


def _record_recipient(outbox: OutboxMessage, *, row_id: int, result: RecipientResult) -> None:
    state = STATES[result.state]
    delivery_states.move(
        outbox,
        ids=[row_id],
        to=state,
        is_marked=state is DeliveryState.UNKNOWN,
        code=result.code,
        reason=result.reason or "",
        detail=result.detail,
        sent_at=clock.now() if state is DeliveryState.SENT else None,
    )


def _next_try(outbox: OutboxMessage, *, error: ConnectorError | None, pauses: bool) -> datetime | None:
    """When those put off are tried again; None when four days are over."""
    if pauses:
        return clock.in_seconds(PAUSED_CHECK_S)
    pause_s: float = PAUSES_S[min(outbox.attempts, len(PAUSES_S)) - 1]
    if error is not None and error.retry_after_s is not None:
        pause_s = max(pause_s, error.retry_after_s)
    due_at = clock.in_seconds(pause_s)
    return due_at if due_at <= outbox.send_after + GIVE_UP_AFTER else None


def _give_up(outbox: OutboxMessage) -> None:
    late = OutboxRecipient.objects.filter(outbox=outbox, state=DeliveryState.RETRY)
    delivery_states.move(outbox, ids=late.values_list("id", flat=True), to=DeliveryState.FAILED)


def _look_for_proof(outbox: OutboxMessage) -> None:
    if filing.can_be_proven(outbox):
        filing.look_later(outbox, in_s=filing.PROOF_AFTER_S)


def _after_results(outbox: OutboxMessage, *, next_try_at: datetime | None, lease: Lease) -> None:
    recipients = OutboxRecipient.objects.filter(outbox=outbox)
    if outbox.sent_at is None and recipients.filter(state=DeliveryState.SENT).exists():
        outbox.sent_at = clock.now()
        if outbox.filing == FilingState.DUE:
            filing.look_later(outbox)
    _look_for_proof(outbox)
    is_put_off = next_try_at is not None and recipients.filter(state=DeliveryState.RETRY).exists()
    outbox.next_try_at = next_try_at if is_put_off else None
    delivery_states.settle(outbox)
    if is_put_off and next_try_at is not None:
        work.reschedule(lease.claim, due_at=next_try_at, succeeded=False)
    else:
        work.finish(lease.claim)
