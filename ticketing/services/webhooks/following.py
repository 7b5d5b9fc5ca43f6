"""New events of an organization become deliveries of its webhooks. Handler of due `follow` items.

counters.take (with every event) ─▶ FOLLOW item ─▶ here: events after each webhook's position, in one transaction

Positions are given in commit order (decision 5), so that nothing ever appears behind a position that was passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Min

from helpdesk.lib import clock, faults
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.services.liveness.telling import tell_admins
from mailboxes.services.sending.delivery_states import outbox_epoch
from ticketing.models import DeliveryStatus, Ticket, TicketEvent, Webhook, WebhookDelivery, WebhookState
from ticketing.services.webhooks.events import event_id, type_of

LOOP = "webhook.loop"
LEASE_S = 60.0
BATCH = 500  # events of one webhook at a time
KEPT = 1000  # deliveries of one webhook that are done with; older ones are pruned
FLOOR_S = 3600.0  # looked at again without being asked
HOP_WINDOW = timedelta(minutes=10)
MAX_HOPS = 30  # changes of one ticket by programs within the window; what goes beyond is held


def handle(claim: work.Claim) -> None:
    """Every subscription of the organization has deliveries for what happened since. Raises LeaseLost."""
    with organization_scope(claim.organization_id), transaction.atomic():
        work.still_ours(claim)
        served = Webhook.objects.select_for_update().filter(state=WebhookState.ON, integration__deleted_at=None)
        left = [_spread(webhook) for webhook in served.filter(integration__paused_at=None).order_by("id")]
        faults.point("follow.written")
        due_at = clock.now() if any(left) else clock.in_seconds(FLOOR_S)
        work.reschedule(claim, due_at=due_at, succeeded=True)
    faults.point("follow.committed")


def _spread(webhook: Webhook) -> bool:
    """The next events have their deliveries, and the webhook its new position; True if more may follow."""
    newer = TicketEvent.objects.filter(position__gt=webhook.position).order_by("position")
    events = list(newer.select_related("organization")[:BATCH])
    if not events:
        _prune(webhook)
        return False
    epoch = outbox_epoch()
    made: list[WebhookDelivery] = WebhookDelivery.objects.bulk_create(
        _new(webhook, event, epoch=epoch)
        for event in events
        if type_of(event) in webhook.types and event.integration_id != webhook.integration_id
    )
    Webhook.objects.filter(pk=webhook.pk).update(position=events[-1].position)
    _tell_of_loops(webhook, made)
    enqueue_first(webhook, ticket_ids={row.ticket_id for row in made if row.state == DeliveryStatus.WAITING})
    return len(events) == BATCH


def enqueue_first(webhook: Webhook, *, ticket_ids: set[int | None] | None = None) -> None:
    """Of each ticket (of these, if given) the first delivery that waits is due. In the caller's transaction."""
    waiting = WebhookDelivery.objects.filter(webhook=webhook, state=DeliveryStatus.WAITING, is_once=False)
    if ticket_ids is not None:
        waiting = waiting.filter(ticket__in=ticket_ids)
    first = list(waiting.order_by().values("ticket").annotate(first=Min("position")).values_list("first", flat=True))
    if first:
        rows = list(waiting.filter(position__in=first).values_list("id", flat=True))
        work.enqueue_many(WorkKind.WEBHOOK, organization_id=webhook.organization_id, row_ids=rows)
        drains.wake(WorkKind.WEBHOOK)


def delivery_for(webhook: Webhook, event: TicketEvent, *, epoch: int) -> WebhookDelivery:
    """The event waits to be told. Its organization is loaded; the row is not saved."""
    return WebhookDelivery(
        organization_id=event.organization_id,
        webhook=webhook,
        event_id=event_id(event, epoch=epoch),
        type=type_of(event),
        ticket_id=event.ticket_id,
        position=event.position,
        state=DeliveryStatus.WAITING,
        created_at=clock.now(),
    )


def _new(webhook: Webhook, event: TicketEvent, *, epoch: int) -> WebhookDelivery:
    delivery = delivery_for(webhook, event, epoch=epoch)
    if event.integration_id is not None and _goes_round(event):
        delivery.state = DeliveryStatus.HELD
    return delivery


def _goes_round(event: TicketEvent) -> bool:
    """True when programs change this ticket so often that they must be answering each other."""
    by_programs = TicketEvent.objects.filter(ticket=event.ticket_id, position__lt=event.position)
    lately = by_programs.exclude(integration=None).filter(at__gt=event.at - HOP_WINDOW)
    return lately.count() >= MAX_HOPS


def _tell_of_loops(webhook: Webhook, made: Sequence[WebhookDelivery]) -> None:
    """The admins hear of each ticket that goes round, once in a window."""
    held = {row.ticket_id: row for row in made if row.state == DeliveryStatus.HELD}
    rows = WebhookDelivery.objects.filter(webhook=webhook, state=DeliveryStatus.HELD)
    for ticket_id, row in held.items():
        earlier = rows.filter(ticket=ticket_id, created_at__gt=clock.now() - HOP_WINDOW)
        if not earlier.exclude(pk__in=[each.pk for each in made]).exists():
            said = {"ticket": (None, f"#{Ticket.objects.values_list('number', flat=True).get(pk=row.ticket_id)}")}
            tell_admins(LOOP, target=webhook, changes=said, label=str(webhook))


def _prune(webhook: Webhook) -> None:
    """The log of what is done with is bounded; what waits stays."""
    done = WebhookDelivery.objects.filter(webhook=webhook).exclude(state=DeliveryStatus.WAITING)
    for last in done.order_by("-id").values_list("id", flat=True)[KEPT : KEPT + 1]:
        done.filter(id__lte=last).delete()
