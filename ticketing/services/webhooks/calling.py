"""One attempt to deliver one event to one webhook. Handler of due `webhook` items; `following` puts them there.

begin (commit: counted) ─▶ POST, signed ─▶ result (commit); dead in between: sent again under the same event id

Of a ticket the first delivery that waits is under way, the next one after it. An answer from 200 to 299 is success; all
else is tried again with growing pauses for three days. 410 stops the subscription; so do three days without a success.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from helpdesk.lib import clock, faults, webhook_signatures
from helpdesk.lib.text import clean_text
from helpdesk.tenancy import secrets, work
from mailboxes.connectors.config import Timeouts
from mailboxes.connectors.errors import ConnectorError
from mailboxes.connectors.http import GuardedSession, retry_after_s
from mailboxes.services.reading.lease import Lease
from mailboxes.services.setup.network_limits import host_guard
from ticketing.models import DeliveryStatus, StopReason, TicketEvent, Webhook, WebhookDelivery, WebhookState
from ticketing.services.webhooks import stopping
from ticketing.services.webhooks.events import needs_message
from ticketing.services.webhooks.following import enqueue_first
from ticketing.services.webhooks.payloads import Told, told_of, told_of_nothing
from ticketing.services.webhooks.room import give_up_places, pause_s, take_room

PAUSES_S = (5, 30, 2 * 60, 10 * 60, 30 * 60, 3600, 2 * 3600, 4 * 3600)  # the last one again and again
GIVE_UP_AFTER = timedelta(days=3)
PATIENT_FAILURES = 3  # in a row, then the other system as a whole is left alone for a while
TIMEOUTS = Timeouts(connect_s=5.0, read_s=15.0)
MAX_ANSWER_BYTES = 64 * 1024
SHOWN_CHARS = 1024
GONE = 410
_OVERLOADED = (429, 503)


@dataclass(frozen=True)
class _Call:
    """What is sent where, signed with which secrets."""

    delivery_id: int
    webhook_id: object
    url: str
    event_id: str
    told: Told = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    places: tuple[str, ...]  # that the call takes, at this webhook and of this organization


@dataclass(frozen=True)
class _Outcome:
    """What came of it."""

    status_code: int | None = None  # None: no answer
    answer: str = ""
    trouble: str = ""
    wait_s: float | None = None  # as the other system asked

    @property
    def is_success(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


def handle(claim: work.Claim) -> None:
    """The event was offered once, and the delivery says what became of it. Raises LeaseLost."""
    with Lease(claim, lease_s=settings.LEASE_S) as lease:
        call = _begin(lease)
        if call is None:
            return
        faults.point("webhook.begun")
        try:
            outcome = _send(call)
        finally:
            give_up_places(call.places)
        faults.point("webhook.answered")
        with lease.writing():
            _record(call, outcome, claim=claim)
        faults.point("webhook.recorded")


def _begin(lease: Lease) -> _Call | None:
    """The attempt is counted; None if there is nothing to do now."""
    with lease.writing():
        rows = WebhookDelivery.objects.select_related("webhook__integration", "webhook__organization", "ticket")
        delivery = rows.filter(pk=lease.claim.row_id, state=DeliveryStatus.WAITING).first()
        if delivery is None or not _is_served(delivery) or _waits_for_another(delivery):
            work.finish(lease.claim)
            return None
        event = _event(delivery)
        later = _not_before(delivery, event)
        if later is not None:
            work.reschedule(lease.claim, due_at=later, succeeded=False)
            return None
        if event is not None and needs_message(event) and event.message_id is None:
            _settle(delivery, DeliveryStatus.UNDONE)
            work.finish(lease.claim)
            return None
        places = take_room(delivery.webhook)
        if places is None:
            later = clock.in_seconds(pause_s(lease.claim.attempts))
            work.reschedule(lease.claim, due_at=later, succeeded=False)
            return None
        return _counted(delivery, event, places=places)


def _is_served(delivery: WebhookDelivery) -> bool:
    """Whoever switches the webhook on again makes it due anew; a test goes out whatever the state."""
    webhook = delivery.webhook
    return webhook.integration.is_active and (delivery.is_once or webhook.state == WebhookState.ON)


def _waits_for_another(delivery: WebhookDelivery) -> bool:
    """True if an earlier event of the ticket waits; it makes this one due when it is settled."""
    if delivery.is_once:
        return False
    lane = WebhookDelivery.objects.filter(webhook=delivery.webhook_id, ticket=delivery.ticket_id, is_once=False)
    return lane.filter(state=DeliveryStatus.WAITING, position__lt=delivery.position).exists()


def _event(delivery: WebhookDelivery) -> TicketEvent | None:
    if delivery.position is None:
        return None
    events = TicketEvent.objects.select_related("message__outbox", "actor__user", "integration", "organization")
    event: TicketEvent = events.get(position=delivery.position)
    return event


def _not_before(delivery: WebhookDelivery, event: TicketEvent | None) -> datetime | None:
    """When to look again: the other system wants a pause, or a reply can still be taken back."""
    moments = [] if delivery.is_once else [delivery.webhook.not_before]
    if event is not None and event.message is not None and event.message.outbox is not None:
        moments.append(event.message.outbox.send_after)
    later = [moment for moment in moments if moment is not None and moment > clock.now()]
    return max(later, default=None)


def _counted(delivery: WebhookDelivery, event: TicketEvent | None, *, places: tuple[str, ...]) -> _Call:
    moment = clock.now()
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        attempts=delivery.attempts + 1,
        first_tried_at=delivery.first_tried_at or moment,
        tried_at=moment,
        next_at=None,
    )
    return _Call(
        delivery_id=delivery.pk,
        webhook_id=delivery.webhook_id,
        url=delivery.webhook.url,
        event_id=delivery.event_id,
        told=told_of_nothing(delivery) if event is None else told_of(delivery, event),
        secrets=secrets_of(delivery.webhook),
        places=places,
    )


def secrets_of(webhook: Webhook) -> tuple[str, ...]:
    """The secrets that sign now, the newest first; the former one for as long as was chosen."""
    newest = secrets.open_for(webhook, "secret_sealed")
    is_shared = webhook.old_secret_until is not None and webhook.old_secret_until > clock.now()
    return (newest, secrets.open_for(webhook, "old_secret_sealed")) if is_shared else (newest,)


def _send(call: _Call) -> _Outcome:
    """What the other system answered, or why it did not. In no transaction."""
    body = call.told.body()
    signed = webhook_signatures.headers(body, event_id=call.event_id, at=clock.now(), keys=call.secrets)
    named = {"Content-Type": "application/json", "User-Agent": "Postroom-Webhooks/1", **signed}
    session = GuardedSession(
        guard=host_guard(), timeouts=TIMEOUTS, ca_file=settings.MAIL_CA_FILE, max_bytes=MAX_ANSWER_BYTES
    )
    try:
        answer = session.post(call.url, data=body, headers=named)
    except ConnectorError as error:
        return _Outcome(trouble=str(error.reason))
    finally:
        session.close()
    text = clean_text(answer.content[: 4 * SHOWN_CHARS].decode("utf-8", "replace"))
    for secret in call.secrets:
        text = text.replace(secret, "whsec_…")
    wait_s = retry_after_s(answer) if answer.status_code in _OVERLOADED else None
    return _Outcome(status_code=answer.status_code, answer=text[:SHOWN_CHARS], wait_s=wait_s)


def _record(call: _Call, outcome: _Outcome, *, claim: work.Claim) -> None:
    """Inside the lease's transaction: all of it, or nothing and the event is sent again."""
    webhook: Webhook = Webhook.objects.select_for_update().get(pk=call.webhook_id)
    delivery: WebhookDelivery = WebhookDelivery.objects.get(pk=call.delivery_id)
    delivery.webhook = webhook
    delivery.status_code, delivery.answer, delivery.trouble = outcome.status_code, outcome.answer, outcome.trouble
    delivery.save(update_fields=["status_code", "answer", "trouble"])
    if outcome.is_success:
        stopping.note_success(webhook)
        _settle(delivery, DeliveryStatus.SENT)
    elif delivery.is_once:
        _settle(delivery, DeliveryStatus.FAILED)
    elif outcome.status_code == GONE:
        stopping.stop(webhook, reason=StopReason.GONE)
    else:
        _put_off(delivery, outcome, claim=claim)
        return
    work.finish(claim)


def _put_off(delivery: WebhookDelivery, outcome: _Outcome, *, claim: work.Claim) -> None:
    """Tried again after a pause; beyond three days given up, or, if nothing gets through, the subscription stops."""
    webhook, moment = delivery.webhook, clock.now()
    pause_s = max(PAUSES_S[min(delivery.attempts, len(PAUSES_S)) - 1], outcome.wait_s or 0)
    stopping.note_failure(webhook)
    if webhook.failing_since is not None and moment - webhook.failing_since >= GIVE_UP_AFTER:
        stopping.stop(webhook, reason=StopReason.FAILING)
        work.finish(claim)
        return
    if delivery.first_tried_at is not None and moment - delivery.first_tried_at >= GIVE_UP_AFTER:
        _settle(delivery, DeliveryStatus.FAILED)
        work.finish(claim)
        return
    if outcome.wait_s is not None or webhook.failures >= PATIENT_FAILURES:
        general_s = PAUSES_S[min(webhook.failures, len(PAUSES_S)) - 1]
        stopping.leave_alone(webhook, until=clock.in_seconds(max(outcome.wait_s or 0, general_s)))
    delivery.next_at = clock.in_seconds(pause_s)
    delivery.save(update_fields=["next_at"])
    work.reschedule(claim, due_at=delivery.next_at, succeeded=False)


def _settle(delivery: WebhookDelivery, state: DeliveryStatus) -> None:
    """The delivery is done with, and the next one of the ticket is due."""
    WebhookDelivery.objects.filter(pk=delivery.pk).update(state=state, next_at=None, is_once=False)
    if delivery.ticket_id is not None:
        enqueue_first(delivery.webhook, ticket_ids={delivery.ticket_id})
