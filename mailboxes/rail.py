"""What mailboxes put into the rails."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership
from helpdesk.web.navigation import Item, Section
from mailboxes.queries.mailbox_list import unreachable_count


def rail(request: HttpRequest) -> Iterable[Item]:
    """Mailboxes, in the main rail with how many are down, and in the settings."""
    actor: Membership | None = getattr(request, "membership", None)
    if actor is None or not can(actor, Capability.MANAGE_CHANNELS):
        return []
    url = reverse("mailboxes", kwargs={"slug": actor.organization.slug})
    down = unreachable_count()
    count = ngettext("%(n)d down", "%(n)d down", down) % {"n": down} if down else ""
    tone = "bad" if down else ""
    return [
        Item(name=_("Mailboxes"), url=url, section=Section.FOOT, icon="mailbox", count=count, tone=tone, key="G B"),
        Item(name=_("Mailboxes"), url=url, section=Section.EMAIL, icon="mailbox", count=count, tone=tone),
    ]
