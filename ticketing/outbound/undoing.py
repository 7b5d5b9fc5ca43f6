"""Taking an answer back in its first seconds: it never leaves, and its text is a draft again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import counters
from mailboxes.services.sending import outbox
from ticketing.models import Attachment, Draft, EventKind, Message, MessageKind, Ticket, TicketEvent
from ticketing.services.history import By, Happening, record


def undo_reply(message: Message, *, author: Membership) -> Draft:
    """The answer never leaves and is no longer in the ticket; gives the draft that holds its text and files again.

    Inside the organization's scope; opens its own transaction. What happened to the ticket since stays.
    Raises DomainError: not_yours, too_late.
    """
    if message.kind != MessageKind.OUTBOUND or message.author_id != author.pk or message.outbox is None:
        raise DomainError(_("Only who wrote an answer can undo it."), code="not_yours")
    with transaction.atomic():
        outbox.withdraw(message.outbox)
        counters.take()
        ticket = Ticket.objects.select_for_update().get(id=message.ticket_id)
        written = TicketEvent.objects.get(ticket=ticket, position=message.position)
        draft = _draft_again(message, written=written, author=author)
        happenings = _put_back(ticket, message=message, before=written.data["before"])
        message.delete()
        record([*happenings, Happening(ticket, EventKind.REPLY_UNDONE)], by=By(actor=author))
    return draft


def _draft_again(message: Message, *, written: TicketEvent, author: Membership) -> Draft:
    """What the agent has begun to write since stays below."""
    people: dict[str, list[str]] = {"to": [], "cc": [], "bcc": []}
    for row in message.recipients.order_by("id"):
        people[row.header].append(row.address)
    mode = written.data["mode"]
    newer = Draft.objects.filter(ticket_id=message.ticket_id, membership=author, mode=mode).first()
    draft: Draft = Draft.objects.update_or_create(
        ticket_id=message.ticket_id,
        membership=author,
        mode=mode,
        defaults={
            **people,
            "html": "\n".join(html for html in (message.html, newer.html if newer else "") if html),
            "answers_id": written.data["answers"],
            "seen_position": written.data["before"]["position"],
            "saved_at": clock.now(),
        },
    )[0]
    Attachment.objects.filter(message=message).update(message=None, draft=draft)
    return draft


def _put_back(ticket: Ticket, *, message: Message, before: Mapping[str, Any]) -> list[Happening]:
    """The columns are as they were, unless something was said since that decides them; gives what the history says."""
    ticket.message_count -= 1
    is_last = not Message.objects.filter(ticket=ticket, position__gt=message.position).exists()
    if is_last:
        ticket.snippet, ticket.last_author = before["snippet"], before["last_author"]
        ticket.needs_reply = before["needs_reply"]
        ticket.waiting_since = _moment(before["waiting_since"])
        ticket.active_at = _moment(before["active_at"]) or ticket.active_at
        ticket.has_attachments = before["has_attachments"]
    happenings = _put_status_back(ticket, message=message, before=before)
    ticket.save()
    return happenings


def _put_status_back(ticket: Ticket, *, message: Message, before: Mapping[str, Any]) -> list[Happening]:
    """Only if the last change of status was the answer's own, written right after it."""
    changes = TicketEvent.objects.filter(
        ticket=ticket, position__gt=message.position, kind=EventKind.STATUS_CHANGED
    ).order_by("position")
    last = changes.last()
    if last is None or last.position != message.position + 1 or last.data["from"] != before["status"]:
        return []
    turned = {"from": ticket.status, "to": before["status"], "undoes": last.position}
    ticket.status = before["status"]
    ticket.solved_at = _moment(before["solved_at"])
    ticket.closed_at = _moment(before["closed_at"])
    return [Happening(ticket, EventKind.STATUS_CHANGED, turned)]


def _moment(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None
