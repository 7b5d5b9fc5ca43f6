"""A mailbox that went down or came back: told on the next page to each person who manages channels, once."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from django.utils.translation import gettext as _

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership
from helpdesk.web.news import News
from mailboxes.queries.mailbox_list import outages, reachable_ids


def mailbox_news(request: HttpRequest) -> Iterable[News]:
    """What changed since this session heard last. Outages are those that admins are mailed about: three failures."""
    actor: Membership | None = getattr(request, "membership", None)
    if actor is None or not can(actor, Capability.MANAGE_CHANNELS):
        return []
    key = f"outages-{actor.organization_id}"
    heard: dict[str, str] = request.session.get(key, {})
    now = {str(mailbox_id): name for mailbox_id, name in outages().items()}
    if now == heard:
        return []
    request.session[key] = now
    ended = {int(mailbox_id): name for mailbox_id, name in heard.items() if mailbox_id not in now}
    back = reachable_ids(list(ended)) if ended else set()
    return [
        *(
            News(_("%(name)s cannot be read. Mail stays safe on the server.") % {"name": name}, tone="bad")
            for mailbox_id, name in now.items()
            if mailbox_id not in heard
        ),
        *(
            News(_("%(name)s is read again.") % {"name": name})
            for mailbox_id, name in ended.items()
            if mailbox_id in back
        ),
    ]
