"""Mail larger than its mailbox takes, of which only the headers came: who can fetch the rest is told.

Once for each mailbox, about all of it that waits then; and while nobody has looked into any of what was told, no
second time within REPEATED_AFTER. What was opened or asked for waits no more.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, QuerySet

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import AuditEntry, Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.state import required_organization_id
from mailboxes.models import Mailbox, WholeFetch
from ticketing.models import Message, TicketRead
from ticketing.services.waiting_notices import DELAY

OVERSIZED = "mail.too_large"
REPEATED_AFTER = timedelta(days=1)


def note_oversized(mailbox_id: int) -> None:
    """A mail that tells of it is due, unless one is on its way or unread. Inside the transaction of the verdict."""
    last = AuditEntry.objects.filter(action=OVERSIZED, target_id=str(mailbox_id)).order_by("-at").first()
    if last is not None and _stands(last, mailbox_id):
        return
    mailbox = Mailbox.objects.get(pk=mailbox_id)
    entry = audit.record(OVERSIZED, target=mailbox, label=mailbox.name, origin="worker")
    due_at = clock.now() + DELAY
    work.enqueue(WorkKind.NOTIFY, organization_id=required_organization_id(), row_id=entry.pk, due_at=due_at)


def unread_oversized(mailbox_id: int) -> QuerySet[Message]:
    """The mailbox's messages made from headers alone that nobody who could fetch the rest has seen or asked for.

    With their tickets and stored headers; history and spam are nobody's news.
    """
    readers = TicketRead.objects.filter(ticket=OuterRef("ticket"), position__gte=OuterRef("position"))
    found = Message.objects.filter(
        raw__mailbox_id=mailbox_id, raw__is_header_only=True, raw__is_history=False, ticket__is_spam=False
    )
    seen = Exists(readers.filter(membership__in=[member.pk for member in _fetchers()]))
    asked = Exists(WholeFetch.objects.filter(raw=OuterRef("raw")))
    return found.filter(~seen, ~asked).select_related("ticket", "raw").order_by("position")


def _stands(entry: AuditEntry, mailbox_id: int) -> bool:
    """True if the mail about this entry has not left yet, or nothing of what it tells was looked into since."""
    age = clock.now() - entry.at
    if age < DELAY:
        return True
    told = Message.objects.filter(raw__mailbox_id=mailbox_id, raw__stored_at__lte=entry.at + DELAY)
    return age < REPEATED_AFTER and unread_oversized(mailbox_id).filter(pk__in=told.values("pk")).exists()


def _fetchers() -> list[Membership]:
    """Who can have the whole of it fetched."""
    members = Membership.objects.filter(organization_id=required_organization_id(), user__is_active=True)
    return [member for member in members if can(member, Capability.MANAGE_CHANNELS)]
