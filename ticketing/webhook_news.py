"""Webhooks that we stopped: told on the next page to each person who manages integrations, once."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from django.utils.translation import gettext as _

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership
from helpdesk.web.news import News
from ticketing.queries.webhooks import stopped_webhooks


def webhook_news(request: HttpRequest) -> Iterable[News]:
    """What was stopped since this session heard last."""
    actor: Membership | None = getattr(request, "membership", None)
    if actor is None or not can(actor, Capability.MANAGE_INTEGRATIONS):
        return []
    key = f"stopped-webhooks-{actor.organization_id}"
    stopped = dict(stopped_webhooks())
    heard: list[str] = request.session.get(key, [])
    if sorted(stopped) == heard:
        return []
    request.session[key] = sorted(stopped)
    words = _("A webhook of %(name)s was stopped. Nothing is lost: resume it in its settings.")
    names = sorted({name for webhook_id, name in stopped.items() if webhook_id not in heard})
    return [News(words % {"name": name}, tone="bad") for name in names]
