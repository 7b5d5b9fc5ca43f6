"""What mailboxes and the outbox put into the rails."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership
from helpdesk.web.navigation import Item, Section
from mailboxes.queries.mailbox_list import unreachable_count
from mailboxes.queries.outbox import outbox_trouble


def rail(request: HttpRequest) -> Iterable[Item]:
    """Mailboxes with how many are down, and the outbox with how many mails need a person."""
    actor: Membership | None = getattr(request, "membership", None)
    if actor is None:
        return []
    return [*_mailboxes(actor), *_outbox(actor)]


def _mailboxes(actor: Membership) -> list[Item]:
    if not can(actor, Capability.MANAGE_CHANNELS):
        return []
    url = reverse("mailboxes", kwargs={"slug": actor.organization.slug})
    down = unreachable_count()
    count = ngettext("%(n)d down", "%(n)d down", down) % {"n": down} if down else ""
    tone = "bad" if down else ""
    return [
        Item(name=_("Mailboxes"), url=url, section=Section.FOOT, icon="mailbox", count=count, tone=tone, key="G B"),
        Item(name=_("Mailboxes"), url=url, section=Section.EMAIL, icon="mailbox", count=count, tone=tone),
        Item(
            name=_("Email to ticket"),
            url=reverse("mail_switch", kwargs={"slug": actor.organization.slug}),
            section=Section.EMAIL,
            icon="inbox",
            count="" if actor.organization.takes_mail else _("off"),
            tone="" if actor.organization.takes_mail else "bad",
        ),
        Item(
            name=_("Outgoing servers"),
            url=reverse("outgoing_servers", kwargs={"slug": actor.organization.slug}),
            section=Section.EMAIL,
            icon="server",
        ),
    ]


def _outbox(actor: Membership) -> list[Item]:
    """In the settings always; in the main rail only while something is stuck or nothing leaves."""
    if not can(actor, Capability.VIEW_OUTBOX):
        return []
    url = reverse("outbox", kwargs={"slug": actor.organization.slug})
    stuck, is_paused = outbox_trouble()
    item = Item(name=_("Outbox"), url=url, section=Section.EMAIL, icon="send")
    count = _("paused") if is_paused else str(stuck) if stuck else ""
    if not count:
        return [item]
    return [replace(item, section=section, count=count, tone="bad") for section in (Section.FOOT, Section.EMAIL)]
