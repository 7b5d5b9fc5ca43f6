"""Brings the open tickets from before a webhook over to the other system. Handler of due `bring_over` items.

a click ─▶ BringingOver and its item ─▶ here, again and again: the next tickets' messages become deliveries

What is told is the history itself: each entry under the id it has always had, so that nothing is told twice, and a
ticket's entries in order. New tickets are made to wait as long as many deliveries wait, so that what happens meanwhile,
and other organizations, get through.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock, faults
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.services.sending.delivery_states import outbox_epoch
from ticketing.models import (
    OPEN_STATUSES,
    BringingOver,
    BringingState,
    DeliveryStatus,
    EventKind,
    EventType,
    Ticket,
    TicketEvent,
    Webhook,
    WebhookDelivery,
    WebhookState,
)
from ticketing.services.webhooks.events import type_of
from ticketing.services.webhooks.following import delivery_for, enqueue_first

LEASE_S = 60.0
AT_ONCE = 40  # deliveries that wait; beyond that no ticket is added
PAUSE_S = 5.0  # 40 calls in five seconds are fewer than another Postroom takes a minute
IDLE_S = 60.0  # while the webhook is paused or stopped
NEEDED = frozenset({EventType.TICKET_CREATED, EventType.MESSAGE_CREATED})
_TOLD = (EventKind.TICKET_OPENED, EventKind.MESSAGE_RECEIVED, EventKind.REPLY_WRITTEN, EventKind.NOTE_WRITTEN)


def earlier_tickets(webhook: Webhook) -> QuerySet[Ticket]:
    """The open tickets that were there before the webhook, the oldest first."""
    before = TicketEvent.objects.filter(ticket=OuterRef("pk"), position__lte=webhook.first_position)
    found: QuerySet[Ticket] = Ticket.objects.filter(status__in=OPEN_STATUSES, is_spam=False, merged_into=None)
    return found.filter(Exists(before.filter(kind__in=_TOLD))).order_by("id")


@transaction.atomic
def start_bringing_over(webhook: Webhook, *, actor: Membership) -> BringingOver:
    """It is under way: what is already, one that was stopped from where it was, or a new one. Inside the scope.

    Raises DomainError: off (the webhook is not on), types (it is told neither of new tickets nor of messages).
    """
    locked: Webhook = Webhook.objects.select_for_update().get(pk=webhook.pk)
    if locked.state != WebhookState.ON:
        raise DomainError(_("The webhook is not on. Resume it, then bring the tickets over."), code="off")
    if not set(locked.types) >= NEEDED:
        raise DomainError(_("It has to be told when a ticket is opened and when a message comes in."), code="types")
    known: BringingOver | None = BringingOver.objects.filter(webhook=locked).first()
    if known is not None and known.state != BringingState.STOPPED:
        return known
    bringing = known or BringingOver(webhook=locked, started_at=clock.now(), total=earlier_tickets(locked).count())
    bringing.state, bringing.ended_at = BringingState.RUNNING, None
    bringing.save()
    audit.record("webhook.bringing_over", target=locked, actor=actor)
    work.enqueue(WorkKind.BRING_OVER, organization_id=bringing.organization_id, row_id=bringing.pk)
    drains.wake(WorkKind.BRING_OVER)
    return bringing


@transaction.atomic
def stop_bringing_over(webhook: Webhook, *, actor: Membership) -> None:
    """No further ticket is added; what waits already is sent."""
    running = BringingOver.objects.filter(webhook=webhook, state=BringingState.RUNNING)
    if running.update(state=BringingState.STOPPED, ended_at=clock.now()):
        audit.record("webhook.bringing_over_stopped", target=webhook, actor=actor)


def handle(claim: work.Claim) -> None:
    """The next tickets have their deliveries, as many as there is room for. Raises LeaseLost."""
    with organization_scope(claim.organization_id), transaction.atomic():
        work.still_ours(claim)
        rows = BringingOver.objects.select_for_update(of=("self",)).select_related("webhook__integration")
        bringing = rows.filter(pk=claim.row_id, state=BringingState.RUNNING).first()
        if bringing is None:
            work.finish(claim)
            return
        is_served = bringing.webhook.state == WebhookState.ON and bringing.webhook.integration.is_active
        if is_served:
            _hand_over(bringing)
        faults.point("bringing.written")
        if bringing.state == BringingState.DONE:
            work.finish(claim)
        else:
            work.reschedule(claim, due_at=clock.in_seconds(PAUSE_S if is_served else IDLE_S), succeeded=True)
    faults.point("bringing.committed")


def _hand_over(bringing: BringingOver) -> None:
    webhook = bringing.webhook
    room = AT_ONCE - WebhookDelivery.objects.filter(webhook=webhook, state=DeliveryStatus.WAITING)[:AT_ONCE].count()
    handed_over: set[int | None] = set()
    upcoming = list(earlier_tickets(webhook).filter(pk__gt=bringing.reached_id)[:AT_ONCE])
    for ticket in upcoming:
        if room <= 0:
            break
        room -= _deliver(webhook, ticket)
        handed_over.add(ticket.pk)
        bringing.reached_id = ticket.pk
    bringing.handed_over += len(handed_over)
    if len(handed_over) == len(upcoming) < AT_ONCE:
        bringing.state, bringing.ended_at = BringingState.DONE, clock.now()
    bringing.save()
    enqueue_first(webhook, ticket_ids=handed_over)


def _deliver(webhook: Webhook, ticket: Ticket) -> int:
    """What was written in the ticket waits to be told, but for what was told before; gives how many entries."""
    before = TicketEvent.objects.filter(ticket=ticket, kind__in=_TOLD, position__lte=webhook.first_position)
    by_others = before.exclude(integration=webhook.integration_id).select_related("organization").order_by("position")
    told = WebhookDelivery.objects.filter(webhook=webhook, ticket=ticket).values_list("position", flat=True)
    known, epoch = set(told), outbox_epoch()
    made = [
        delivery_for(webhook, event, epoch=epoch)
        for event in by_others
        if type_of(event) in webhook.types and event.position not in known
    ]
    WebhookDelivery.objects.bulk_create(made)
    return len(made)
