"""How a subscription fares as a whole: failures in a row, leaving the other system alone, and stopping."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F
from django.db.models.functions import Coalesce

from helpdesk.accounts.models import Counters
from helpdesk.lib import clock
from mailboxes.services.liveness.telling import tell_admins
from ticketing.models import StopReason, Webhook, WebhookState

STOPPED = "webhook.stopped"


def note_success(webhook: Webhook) -> None:
    """It works. The row is locked by the caller, here and below."""
    Webhook.objects.filter(pk=webhook.pk).update(
        failing_since=None, failures=0, not_before=None, succeeded_at=clock.now()
    )


def note_failure(webhook: Webhook) -> None:
    """One more failure in a row; the object says how many, and since when."""
    Webhook.objects.filter(pk=webhook.pk).update(
        failing_since=Coalesce(F("failing_since"), clock.now()), failures=F("failures") + 1
    )
    webhook.refresh_from_db(fields=["failing_since", "failures"])


def leave_alone(webhook: Webhook, *, until: datetime) -> None:
    """Nothing is sent to it before that."""
    Webhook.objects.filter(pk=webhook.pk).update(not_before=until)


def stop(webhook: Webhook, *, reason: StopReason) -> None:
    """Nothing is sent any more until a person resumes it; the admins hear of it. What waits stays waiting."""
    if webhook.state != WebhookState.ON:
        return
    Webhook.objects.filter(pk=webhook.pk).update(
        state=WebhookState.STOPPED, stop_reason=reason, state_since=clock.now()
    )
    tell_admins(STOPPED, target=webhook, changes={"reason": (None, reason.value)}, label=str(webhook))
    refresh_followed()


def refresh_followed() -> None:
    """Events make work only while somebody is told of them. In the caller's transaction."""
    Counters.objects.update(is_followed=Webhook.objects.filter(state=WebhookState.ON).exists())
