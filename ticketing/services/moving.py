"""A mail that stands in the wrong ticket: it gets one of its own, or goes into another.

What is remembered beside (`ThreadSplit`): no mail that answers it is put into the former ticket again, whatever token,
number or reference it carries. Where it was all there was, its former ticket is merged into the other one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.lib.text import clean_line
from helpdesk.tenancy import counters
from mailboxes.models import Outcome, RemoteMessage
from ticketing.inbound.decisions import Reason
from ticketing.inbound.effects import REOPENED_BY_ANSWER
from ticketing.models import (
    Attachment,
    EventKind,
    Message,
    MessageKind,
    MessageReference,
    SearchDocument,
    Status,
    ThreadReason,
    ThreadSplit,
    Ticket,
)
from ticketing.services.history import By, Happening, record
from ticketing.services.incoming import SNIPPET_CHARS

_SNIPPET_SOURCE_CHARS = 1000
_MAILS = (MessageKind.INBOUND, MessageKind.OUTBOUND)


class CannotMove(DomainError):
    """The message stays where it is."""


@transaction.atomic
def split_off(message: Message, *, by: By) -> Ticket:
    """The mail opens a ticket of its own, routed as its former one and linked to it; gives that. Inside the scope.

    It is not among the spam even where its former one is: nobody has said that of this mail.
    Raises CannotMove: not_a_mail, only_message.
    """
    message, former = _locked(message)
    if not Message.objects.filter(ticket=former).exclude(pk=message.pk).exists():
        raise CannotMove(
            _("It is the only message of its ticket: there is nothing to split it from."), code="only_message"
        )
    ticket = _ticket_of(message, former)
    _hang(message, ticket, reason=ThreadReason.SPLIT_OFF, former=former, by=by)
    _tell_log(message, ticket, Outcome.CREATED, Reason.SPLIT_OFF, former=former, by=by)
    said = {"sender": message.from_address, "subject": message.subject[:200]}
    opened = {"split_from": former.number, **_left_spam(former)}
    entries = [
        Happening(ticket, EventKind.TICKET_OPENED, opened, message.pk),
        Happening(ticket, EventKind.LINKED, {"ticket": former.number}),
        Happening(former, EventKind.LINKED, {"ticket": ticket.number}),
        Happening(former, EventKind.MESSAGE_MOVED, {"to": ticket.number, **said}),
    ]
    _stand_without(former)
    record(entries, by=by)
    return ticket


@transaction.atomic
def move_message(message: Message, *, ticket: Ticket, by: By) -> Ticket:
    """The mail is in the other ticket, as if it had come there; gives that. Inside the scope.

    Raises CannotMove: not_a_mail, same_ticket.
    """
    message, former = _locked(message)
    target: Ticket = Ticket.objects.select_for_update().get(pk=ticket.merged_into_id or ticket.pk)
    if target.pk == former.pk:
        raise CannotMove(_("The message is in this ticket already."), code="same_ticket")
    is_all = not Message.objects.filter(ticket=former).exclude(pk=message.pk).exists()
    _hang(message, target, reason=ThreadReason.JOINED, former=former, by=by)
    _tell_log(message, target, Outcome.ADDED, Reason.JOINED, former=former, by=by)
    said = {"sender": message.from_address, "subject": message.subject[:200]}
    entries = [Happening(target, EventKind.MESSAGE_MOVED, {"from": former.number, **said})]
    entries += _show_on(target, message)
    if is_all:
        former.merged_into = target
        entries.append(Happening(former, EventKind.MERGED, {"into": target.number}))
    else:
        entries.append(Happening(former, EventKind.MESSAGE_MOVED, {"to": target.number, **said}))
    _stand_without(former)
    record(entries, by=by)
    return target


def _locked(message: Message) -> tuple[Message, Ticket]:
    """The message and its ticket as they are now; nobody else writes history from here on."""
    counters.take()
    current = Message.objects.select_related("contact").get(pk=message.pk)
    if current.kind != MessageKind.INBOUND:
        raise CannotMove(_("Only mail from a customer can be moved."), code="not_a_mail")
    ticket: Ticket = Ticket.objects.select_for_update().get(pk=current.ticket_id)
    return current, ticket


def _ticket_of(message: Message, former: Ticket) -> Ticket:
    ticket: Ticket = Ticket.objects.create(
        number=counters.take(tickets=1).ticket_number,
        subject=clean_line(message.subject)[:400],
        requester_id=message.contact_id or former.requester_id,
        requester_name=message.from_name or message.from_address[:200],
        mailbox_id=former.mailbox_id,
        team_id=former.team_id,
        category_id=former.category_id,
        company_id=former.company_id,
        is_history=former.is_history,
        snippet=_snippet(message),
        last_author=_author(message),
        needs_reply=True,
        has_attachments=_has_files([message.pk]),
        message_count=1,
        created_at=message.created_at,
        active_at=message.created_at,
        waiting_since=message.created_at,
    )
    return ticket


def _hang(message: Message, ticket: Ticket, *, reason: ThreadReason, former: Ticket, by: By) -> None:
    """The message, what leads to it and what finds it belong to the ticket; the former one is refused from now on."""
    Message.objects.filter(pk=message.pk).update(
        ticket=ticket, thread_reason=reason, thread_detail=f"#{former.number}", is_external=False
    )
    MessageReference.objects.filter(message=message).update(ticket=ticket)
    SearchDocument.objects.filter(message=message).update(ticket=ticket)
    ThreadSplit.objects.filter(message=message, ticket=ticket).delete()  # it is back
    ThreadSplit.objects.get_or_create(message=message, ticket=former, defaults={"member": by.actor, "at": clock.now()})


def _tell_log(message: Message, ticket: Ticket, outcome: Outcome, reason: Reason, *, former: Ticket, by: By) -> None:
    if message.raw_id is None:
        return
    data = {"by": _name(by.actor), "from": former.number, "ticket": ticket.number}
    data |= _left_spam(former) if reason is Reason.SPLIT_OFF else {}
    rows = RemoteMessage.objects.filter(raw_id=message.raw_id, ticket_id=former.pk)
    rows.update(outcome=outcome, reason_code=reason, reason_data=data, ticket_id=ticket.pk)


def _show_on(ticket: Ticket, message: Message) -> list[Happening]:
    """The ticket stands as after an answer; what else that means for its history. Saves it."""
    ticket.message_count += 1
    ticket.has_attachments |= _has_files([message.pk])
    entries = []
    if message.created_at >= ticket.active_at:
        ticket.snippet, ticket.last_author, ticket.active_at = _snippet(message), _author(message), message.created_at
        ticket.needs_reply, ticket.waiting_since = True, ticket.waiting_since or message.created_at
        if ticket.status in REOPENED_BY_ANSWER:
            change = {"from": ticket.status, "to": Status.OPEN.value}
            entries.append(Happening(ticket, EventKind.STATUS_CHANGED, change))
            ticket.status, ticket.solved_at, ticket.closed_at = Status.OPEN, None, None
    ticket.save()
    return entries


def _stand_without(ticket: Ticket) -> None:
    """The former ticket shows what it still has. Saves it."""
    messages = Message.objects.filter(ticket=ticket)
    last = messages.filter(kind__in=_MAILS).order_by("-position").first()
    ticket.message_count = max(ticket.message_count - 1, 0)
    ticket.has_attachments = _has_files(list(messages.values_list("pk", flat=True)))
    if last is not None:
        ticket.snippet, ticket.last_author, ticket.active_at = _snippet(last), _author(last), last.created_at
    if last is None or last.kind != MessageKind.INBOUND:
        ticket.needs_reply, ticket.waiting_since = False, None
    ticket.save()


def _has_files(message_ids: Sequence[int]) -> bool:
    return Attachment.objects.filter(message_id__in=message_ids, is_inline=False).exists()


def _snippet(message: Message) -> str:
    text = message.reply_text.strip() or message.text
    return " ".join(clean_line(text[:_SNIPPET_SOURCE_CHARS]).split())[:SNIPPET_CHARS]


def _author(message: Message) -> str:
    return (message.from_name or message.from_address)[:120]


def _left_spam(former: Ticket) -> dict[str, Any]:
    """What log and history say of a mail that leaves the spam with a ticket of its own."""
    return {"left_spam": True} if former.is_spam else {}


def _name(actor: Membership | None) -> str:
    return str(actor) if actor else ""
