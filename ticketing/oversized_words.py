"""What the mail about messages too large to be fetched says, as it stands when it is written."""

from __future__ import annotations

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.accounts.models import AuditEntry, Membership
from helpdesk.lib.text import clean_line
from mailboxes.models import Mailbox
from mailboxes.notices import managers, register_notice
from ticketing.models import Message
from ticketing.services.oversized_notices import OVERSIZED, unread_oversized

MAX_NAMED = 10
MAX_SENDER_CHARS = 120


def register() -> None:
    """Notices about oversized mail have words, and go to who can fetch it, unless all of it was seen to."""
    register_notice(OVERSIZED, _written, readers=_while_unread)


def _while_unread(entry: AuditEntry) -> list[Membership]:
    return managers(entry) if unread_oversized(int(entry.target_id)).exists() else []


def _written(entry: AuditEntry) -> tuple[str, list[str], str]:
    mailbox = Mailbox.objects.get(pk=entry.target_id)
    unread = unread_oversized(mailbox.pk)
    count = unread.count()
    name = clean_line(mailbox.name)
    subject = ngettext("%(n)d mail too large for %(name)s", "%(n)d mails too large for %(name)s", count)
    what = _(
        "%(name)s takes mail of at most %(limit)s. Of a larger one only the headers came: its ticket says from whom it"
        " is and what it is about, and lacks its text and its files."
    )
    sentences = [
        what % {"name": name, "limit": filesizeformat(mailbox.max_message_bytes)},
        _listed([_line(message, slug=entry.organization.slug) for message in unread[: MAX_NAMED + 1]]),
        _("Fetch now, on the message in its ticket, brings down the whole of it. Nothing is lost on the mail server."),
        _("No other mail about this mailbox follows today while nobody has looked into any of these."),
        _("The mailbox's page, where the limit can be raised for mail to come:"),
    ]
    return subject % {"n": count, "name": name}, sentences, "mailboxes"


def _line(message: Message, *, slug: str) -> str:
    address = reverse("ticket", kwargs={"slug": slug, "number": message.ticket.number})
    size = filesizeformat(message.raw.size_bytes if message.raw else 0)
    who = clean_line(message.from_address)[:MAX_SENDER_CHARS] or _("Unknown sender")
    return f"#{message.ticket.number}, {size}, {who}\n{settings.BASE_URL}{address}#message-{message.pk}"


def _listed(lines: list[str]) -> str:
    return "\n".join([*lines[:MAX_NAMED], "…"] if len(lines) > MAX_NAMED else lines)
