"""Making, changing, pausing, resuming and deleting webhooks, and what people send by a click. In the scope."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.accounts.services.audit import CHANGED
from helpdesk.lib import clock, webhook_signatures
from helpdesk.lib.errors import DomainError
from helpdesk.lib.net import HostGuardError, ascii_host
from helpdesk.tenancy import counters, drains, secrets, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.state import required_organization_id
from mailboxes.connectors.http import host_of
from mailboxes.services.setup.network_limits import host_guard
from ticketing.models import (
    TEST_TYPE,
    DeliveryStatus,
    EventType,
    Integration,
    StopReason,
    Webhook,
    WebhookDelivery,
    WebhookState,
)
from ticketing.services.webhooks.following import enqueue_first
from ticketing.services.webhooks.stopping import refresh_followed

MAX_WEBHOOKS = 20  # of one integration
MAX_URL_CHARS = 1000
SHARED_FOR = timedelta(days=1)  # how long the former secret signs too, unless told otherwise


@dataclass(frozen=True)
class WebhookInput:
    """A webhook as a person enters it."""

    url: str
    types: Sequence[str]  # of EventType
    secret: str = field(default="", repr=False)  # the other system's own; empty: one is made
    sends_files: bool = False  # the bytes of a message's files go along, as far as they are small


@transaction.atomic
def create_webhook(integration: Integration, data: WebhookInput, *, actor: Membership) -> tuple[Webhook, str]:
    """It is told of everything from now on; gives also its secret, which is shown nowhere else.

    Raises DomainError: url, types, secret, too_many.
    """
    _refuse(data)
    if Webhook.objects.filter(integration=integration).count() >= MAX_WEBHOOKS:
        raise DomainError(_("It has %d webhooks. Delete one first.") % MAX_WEBHOOKS, code="too_many")
    secret = data.secret or webhook_signatures.new_secret()
    webhook = Webhook(organization_id=required_organization_id(), integration=integration, url=data.url)
    webhook.types, webhook.sends_files = _ordered(data.types), data.sends_files
    webhook.secret_sealed = secrets.seal_for(webhook, "secret_sealed", secret)
    webhook.created_at = webhook.state_since = clock.now()
    webhook.position = webhook.first_position = counters.take().event_position
    webhook.save()
    refresh_followed()
    audit.record("webhook.created", target=webhook, actor=actor, changes=_said(None, webhook))
    return webhook, secret


@transaction.atomic
def change_webhook(webhook: Webhook, data: WebhookInput, *, actor: Membership) -> None:
    """It is called there, with these events, from the next one on. Raises DomainError: url, types."""
    _refuse(data)
    before = Webhook.objects.select_for_update().get(pk=webhook.pk)
    webhook.url, webhook.types, webhook.sends_files = data.url, _ordered(data.types), data.sends_files
    webhook.save(update_fields=["url", "types", "sends_files"])
    if changes := _said(before, webhook):
        audit.record("webhook.changed", target=webhook, actor=actor, changes=changes)


@transaction.atomic
def rotate_secret(webhook: Webhook, *, actor: Membership, secret: str = "", shared_for: timedelta = SHARED_FOR) -> str:
    """It has another secret, given here only; for a while calls are signed with both, so that none is refused.

    secret: the other system's own; empty: one is made. Raises DomainError (secret).
    """
    _refuse_secret(secret)
    locked: Webhook = Webhook.objects.select_for_update().get(pk=webhook.pk)
    secret = secret or webhook_signatures.new_secret()
    former = secrets.open_for(locked, "secret_sealed")
    locked.old_secret_sealed = secrets.seal_for(locked, "old_secret_sealed", former)
    locked.old_secret_until = clock.now() + shared_for
    locked.secret_sealed = secrets.seal_for(locked, "secret_sealed", secret)
    locked.save(update_fields=["old_secret_sealed", "old_secret_until", "secret_sealed"])
    audit.record("webhook.secret_renewed", target=locked, actor=actor, changes={"secret": (CHANGED, CHANGED)})
    return secret


@transaction.atomic
def pause_webhook(webhook: Webhook, *, actor: Membership) -> None:
    """Nothing is sent until it is resumed; what happens meanwhile is sent then."""
    counters.take()
    on = Webhook.objects.filter(pk=webhook.pk, state=WebhookState.ON)
    if on.update(state=WebhookState.PAUSED, state_since=clock.now()):
        refresh_followed()
        audit.record("webhook.paused", target=webhook, actor=actor)


@transaction.atomic
def resume_webhook(webhook: Webhook, *, actor: Membership) -> None:
    """It goes on where it stopped: what waited and what happened meanwhile is sent, in order."""
    counters.take()
    off = Webhook.objects.filter(pk=webhook.pk).exclude(state=WebhookState.ON)
    resumed = off.update(
        state=WebhookState.ON,
        stop_reason=StopReason.NONE,
        state_since=clock.now(),
        failing_since=None,
        failures=0,
        not_before=None,
    )
    if resumed:
        refresh_followed()
        go_on([webhook])
        audit.record("webhook.resumed", target=webhook, actor=actor)


def go_on(webhooks: Sequence[Webhook]) -> None:
    """What waits is due, with its days to be tried beginning anew. In the caller's transaction."""
    for webhook in webhooks:
        WebhookDelivery.objects.filter(webhook=webhook, state=DeliveryStatus.WAITING).update(first_tried_at=None)
        enqueue_first(webhook)
    organization_id = required_organization_id()
    work.enqueue(WorkKind.FOLLOW, organization_id=organization_id, row_id=organization_id)
    drains.wake(WorkKind.FOLLOW)


@transaction.atomic
def delete_webhook(webhook: Webhook, *, actor: Membership) -> None:
    """It is gone with its log, and what waited is not sent."""
    counters.take()
    audit.record("webhook.deleted", target=webhook, actor=actor)
    webhook.delete()
    refresh_followed()


@transaction.atomic
def send_test(webhook: Webhook, *, actor: Membership) -> WebhookDelivery:
    """A test event is on its way, once, whether the webhook is on or not."""
    audit.record("webhook.tested", target=webhook, actor=actor)
    delivery: WebhookDelivery = WebhookDelivery.objects.create(
        webhook=webhook, event_id=f"evt_{uuid.uuid4().hex}", type=TEST_TYPE, is_once=True, created_at=clock.now()
    )
    _hand_over(delivery)
    return delivery


@transaction.atomic
def send_again(delivery: WebhookDelivery, *, actor: Membership) -> None:
    """It is sent once more, under the same event id; nothing else waits for it."""
    rows = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(state=DeliveryStatus.WAITING)
    if rows.exclude(state=DeliveryStatus.UNDONE).update(state=DeliveryStatus.WAITING, is_once=True):
        _hand_over(delivery)
        audit.record("webhook.sent_again", target=delivery.webhook, actor=actor, changes=_which(delivery))


@transaction.atomic
def try_now(delivery: WebhookDelivery, *, actor: Membership) -> None:
    """One that waits for its next attempt is due at once."""
    audit.record("webhook.sent_again", target=delivery.webhook, actor=actor, changes=_which(delivery))
    work.ask_now(WorkKind.WEBHOOK, organization_id=delivery.organization_id, row_id=delivery.pk)
    drains.wake(WorkKind.WEBHOOK)


def _which(delivery: WebhookDelivery) -> dict[str, tuple[object, object]]:
    """The event, for the log."""
    return {"types": (None, delivery.type), "ticket": (None, str(delivery.ticket) if delivery.ticket else None)}


def _hand_over(delivery: WebhookDelivery) -> None:
    work.enqueue(WorkKind.WEBHOOK, organization_id=delivery.organization_id, row_id=delivery.pk)
    drains.wake(WorkKind.WEBHOOK)


def _refuse_secret(secret: str) -> None:
    if secret and not webhook_signatures.is_secret(secret):
        sentence = _("A secret begins with whsec_, followed by 16 to 64 bytes as base64. Copy it whole.")
        raise DomainError(sentence, code="secret")


def _refuse(data: WebhookInput) -> None:
    _refuse_secret(data.secret)
    if not data.types or not set(data.types) <= set(EventType.values):
        raise DomainError(_("Choose at least one kind of event."), code="types")
    parts = urlsplit(data.url)
    if not host_of(data.url) or len(data.url) > MAX_URL_CHARS or parts.fragment:
        sentence = _("Enter an address that begins with https://, without user name and without #.")
        raise DomainError(sentence, code="url")
    try:
        host = ascii_host(parts.hostname or "")
    except HostGuardError:
        raise DomainError(_("This is not the name of a server."), code="url") from None
    if _is_forbidden(host):
        raise DomainError(_("This address is not on the public Internet. Ask the operator to allow it."), code="url")


def _is_forbidden(host: str) -> bool:
    """True for an address that the guard refuses anyway; what a name leads to is looked up with every call."""
    try:
        return not host_guard().allows(ip_address(host))
    except ValueError:
        return host == "localhost" and not host_guard().allowed_networks


def _ordered(types: Sequence[str]) -> list[str]:
    return [value for value in EventType.values if value in types]


def _said(before: Webhook | None, after: Webhook) -> dict[str, tuple[object, object]]:
    """What the log says of it; what stands behind the question mark of an address may be a secret."""
    said = audit.differences(_logged(before) if before is not None else {"sends_files": False}, after=_logged(after))
    if before is not None and before.url != after.url and "url" not in said:
        said["url"] = (CHANGED, CHANGED)
    return said


def _logged(webhook: Webhook) -> dict[str, object]:
    return {"url": str(webhook), "types": ", ".join(webhook.types), "sends_files": webhook.sends_files}
