"""What the placeholders of automatic answers stand for. None of it was written by the sender."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Organization
from mailboxes.models import Mailbox
from ticketing.models import TextKind, Ticket

MEANINGS: dict[str, Promise] = {
    "ticket.number": _("The number of the ticket"),
    "organization.name": _("The name of your organization"),
    "mailbox.name": _("The name of the mailbox"),
    "mailbox.address": _("The address of the mailbox"),
    "mail.received": _("When the mail came in"),
    "hours.opens": _("When you are open again"),
}
_ANYWHERE = frozenset({"organization.name", "mailbox.name", "mailbox.address", "mail.received"})
# A ticket is there only where one was opened, and a time of opening only where you are closed.
KNOWN: dict[TextKind, frozenset[str]] = {
    TextKind.ACKNOWLEDGEMENT: _ANYWHERE | {"ticket.number"},
    TextKind.OUTSIDE_HOURS: _ANYWHERE | {"ticket.number", "hours.opens"},
    TextKind.NOT_WORKED: _ANYWHERE,
    TextKind.SWITCHED_OFF: _ANYWHERE,
    TextKind.REFUSED: _ANYWHERE,
    TextKind.TOO_LARGE: _ANYWHERE | {"ticket.number"},
}
CANNED = _ANYWHERE | {"ticket.number"}  # of canned replies


@dataclass(frozen=True)
class Occasion:
    """What an answer is given on."""

    organization: Organization
    mailbox: Mailbox
    ticket: Ticket | None
    received_at: datetime
    opens_at: datetime | None  # None: it is open, or nobody knows


def values_on(occasion: Occasion) -> dict[str, str]:
    """The value of every placeholder, times in the organization's zone and in the active language."""
    zone = ZoneInfo(occasion.organization.timezone)
    return {
        "ticket.number": str(occasion.ticket.number) if occasion.ticket is not None else "",
        "organization.name": occasion.organization.name,
        "mailbox.name": occasion.mailbox.from_name or occasion.mailbox.name,
        "mailbox.address": occasion.mailbox.address,
        "mail.received": _moment(occasion.received_at, zone),
        "hours.opens": _moment(occasion.opens_at, zone) if occasion.opens_at is not None else "",
    }


def _moment(at: datetime, zone: ZoneInfo) -> str:
    local = timezone.localtime(at, zone)
    return f"{formats.date_format(local, 'l')}, {formats.date_format(local, 'DATETIME_FORMAT')} ({zone.key})"
