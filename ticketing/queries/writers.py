"""Who may write, as its pages show it. All inside the organization's scope."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from mailboxes.models import Mailbox
from ticketing.models import Contact, ContactGroup, Openers, Updaters, WriterPolicy


@dataclass(frozen=True)
class WriterLine:
    """Who may write to a mailbox, or to all that have no choice of their own where there is none."""

    mailbox: Mailbox | None
    follows: bool
    openers: Openers
    updaters: Updaters


def writer_lines() -> list[WriterLine]:
    """That of all mailboxes, then one for each mailbox, by name. Two queries."""
    rows = WriterPolicy.objects.values_list("mailbox_id", "follows", "openers", "updaters")
    found = {row[0]: (Openers(row[2]), Updaters(row[3])) for row in rows if not row[1]}
    of_all = found.pop(None, (Openers.ANYONE, Updaters.TOKEN))
    boxes = Mailbox.objects.filter(deleted_at=None).order_by("name", "id")
    own = [WriterLine(box, box.pk not in found, *found.get(box.pk, of_all)) for box in boxes]
    return [WriterLine(None, False, *of_all), *own]  # noqa: FBT003  a row of the table


def guest_names() -> list[str]:
    """The names of contacts under whom mail of unknown senders stands."""
    guests = WriterPolicy.objects.exclude(guest=None).values("guest_id")
    return list(Contact.objects.filter(id__in=guests).order_by("name").values_list("name", flat=True))


def opening_groups(mailbox: Mailbox | None) -> list[ContactGroup]:
    """The contact groups that may open tickets in the mailbox, or in every one."""
    where = Q(rights__mailbox=None) if mailbox is None else Q(rights__mailbox=None) | Q(rights__mailbox=mailbox)
    return list(ContactGroup.objects.filter(where, rights__may_open=True).distinct().order_by("name"))
