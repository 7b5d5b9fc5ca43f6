"""Webhooks, their deliveries, and the calls that came, for the pages of an integration. Inside the scope."""

from __future__ import annotations

from uuid import UUID

from helpdesk.tenancy.prepared import Prepared
from helpdesk.web.pagination import Page, paginate
from ticketing.models import (
    BringingOver,
    IncomingCall,
    IncomingHook,
    Integration,
    Webhook,
    WebhookDelivery,
    WebhookState,
)

NEWEST_FIRST = ("-id",)
MAX_TOLD = 20


def webhooks_of(integration: Integration) -> list[Webhook]:
    """Its webhooks, the oldest first."""
    return list(Webhook.objects.filter(integration=integration).order_by("created_at"))


def webhook_of(integration: Integration, *, webhook_id: UUID) -> Webhook | None:
    """One of its webhooks."""
    found: Webhook | None = Webhook.objects.filter(integration=integration, pk=webhook_id).first()
    return found


def deliveries_of(webhook: Webhook, *, cursor: str = "") -> Page[WebhookDelivery]:
    """A page of its log, the newest first, with tickets."""
    rows = WebhookDelivery.objects.filter(webhook=webhook).select_related("ticket")
    return paginate(rows, order_by=NEWEST_FIRST, cursor=cursor)


def delivery_of(webhook: Webhook, *, delivery_id: int) -> WebhookDelivery | None:
    """One of its deliveries."""
    found: WebhookDelivery | None = WebhookDelivery.objects.filter(webhook=webhook, pk=delivery_id).first()
    return found


def bringing_over_of(webhook: Webhook) -> BringingOver | None:
    """How far bringing earlier tickets over is, if it was ever asked for."""
    found: BringingOver | None = BringingOver.objects.filter(webhook=webhook).first()
    return found


def hook_of(integration: Integration) -> IncomingHook | None:
    """Where it is called, if anywhere."""
    hooks = IncomingHook.objects.filter(integration=integration).select_related("integration")
    found: IncomingHook | None = hooks.first()
    return found


def calls_of(hook: IncomingHook, *, cursor: str = "") -> Page[IncomingCall]:
    """A page of what came, the newest first, with tickets and without bodies."""
    rows = IncomingCall.objects.filter(hook=hook).select_related("ticket").defer("body")
    return paginate(rows, order_by=NEWEST_FIRST, cursor=cursor)


def call_of(hook: IncomingHook, *, call_id: int) -> IncomingCall | None:
    """One call with its body and ticket."""
    found: IncomingCall | None = IncomingCall.objects.filter(hook=hook, pk=call_id).select_related("ticket").first()
    return found


def stopped_webhooks() -> list[tuple[str, str]]:
    """Id and integration's name of those that we stopped, at most 20. One prepared query: every page asks."""
    return [(str(webhook_id), name) for webhook_id, name in _STOPPED.rows()]


_STOPPED: Prepared[tuple[UUID, str]] = Prepared(
    lambda: (
        Webhook.objects.filter(state=WebhookState.STOPPED)
        .order_by("created_at")
        .values_list("id", "integration__name")[:MAX_TOLD]
    )
)
