"""What became of one attempt to deliver a mail: for each recipient, for the mail, and for its server.

The end of `delivering`; every row is written in one transaction, under the attempt's lease.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from helpdesk.lib import clock
from helpdesk.tenancy import work
from mailboxes.connectors.base import RecipientResult, RecipientState
from mailboxes.connectors.errors import OF_TOKENS, ConnectorError, Reason
from mailboxes.models import DeliveryState, FilingState, OutboxMessage, OutboxRecipient, OutgoingServer, Silence
from mailboxes.services.liveness.certificates import keep_observed
from mailboxes.services.reading.lease import Lease
from mailboxes.services.sending import delivery_states, filing, pace
from mailboxes.services.sending.bouncing import Report, mark_bounced
from mailboxes.services.sending.pauses import note_sent, pause_server
from mailboxes.services.sending.sender_checks import note_refusal

PAUSES_S = (60, 5 * 60, 15 * 60, 3600, 2 * 3600, 4 * 3600)  # the last one again and again
GIVE_UP_AFTER = timedelta(days=4)  # RFC 5321 section 4.5.4.1
PAUSED_CHECK_S = 900
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


def all_refused(attempt: Attempt, *, error: ConnectorError) -> Mapping[str, RecipientResult]:
    """A connector's error before the mark: nothing was sent."""
    is_final = error.permanent and error.reason not in PAUSING
    state = RecipientState.FAILED if is_final else RecipientState.RETRY
    return dict.fromkeys(attempt.recipients, RecipientResult(state=state, reason=error.reason, detail=error.detail))


def all_broken(attempt: Attempt, *, error: Exception) -> Mapping[str, RecipientResult]:
    """Our own failure: nobody knows what came of those who were marked."""
    name = type(error).__name__
    broken = RecipientResult(state=RecipientState.UNKNOWN, reason=Reason.INTERNAL, detail=name)
    unknown = dict.fromkeys(attempt.marked, broken)
    again = RecipientResult(state=RecipientState.RETRY, reason=Reason.INTERNAL, detail=name)
    return dict.fromkeys(attempt.recipients, again) | unknown


def record(
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
            if result.reason is Reason.RECIPIENT_UNKNOWN:
                _mark_unknown(outbox, address=address, said=f"{result.code} {result.detail}")
        if any(_refuses_sender(result) for result in results.values()):
            note_refusal(outbox)
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


def _refuses_sender(result: RecipientResult) -> bool:
    """Exchange says so of the content as well: 550 5.7.60 SendAsDenied."""
    return result.reason is Reason.SENDER_REFUSED or "5.7.60" in result.detail


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


def _mark_unknown(outbox: OutboxMessage, *, address: str, said: str) -> None:
    mark_bounced([address], Report(at=clock.now(), detail=said, outbox_id=outbox.id, cause=Silence.REFUSED))


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


def look_for_proof(outbox: OutboxMessage) -> None:
    """Where it can be known what came of a mail that may have gone, it is looked for."""
    if filing.can_be_proven(outbox):
        filing.look_later(outbox, in_s=filing.PROOF_AFTER_S)


def _after_results(outbox: OutboxMessage, *, next_try_at: datetime | None, lease: Lease) -> None:
    recipients = OutboxRecipient.objects.filter(outbox=outbox)
    if outbox.sent_at is None and recipients.filter(state=DeliveryState.SENT).exists():
        outbox.sent_at = clock.now()
        if outbox.filing == FilingState.DUE:
            filing.look_later(outbox)
    look_for_proof(outbox)
    is_put_off = next_try_at is not None and recipients.filter(state=DeliveryState.RETRY).exists()
    outbox.next_try_at = next_try_at if is_put_off else None
    delivery_states.settle(outbox)
    if is_put_off and next_try_at is not None:
        work.reschedule(lease.claim, due_at=next_try_at, succeeded=False)
    else:
        work.finish(lease.claim)
