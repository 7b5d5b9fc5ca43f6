"""A second ticket from the same mail, for another team: linked with the first, in the same transaction.

Its message shares the contents of the files. What leads to the mail, its id and its original, stays with the first
ticket, so an answer of the customer to the mail itself has one place to go; an answer to the other team's answer finds
the second ticket by its token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk.tenancy import counters
from ticketing.inbound.rules.compiled import CompiledRule
from ticketing.inbound.ticket_rows import has_files, snippet_of, subject_of
from ticketing.models import (
    Attachment,
    Contact,
    EventKind,
    Message,
    MessageRecipient,
    Priority,
    SearchDocument,
    Status,
    ThreadReason,
    Ticket,
)
from ticketing.services.history import By, Happening, record
from ticketing.services.search import seek_later

if TYPE_CHECKING:
    from ticketing.inbound.ticket_rows import Change

_BY = By(cause="rule", origin="worker")


def open_copy(change: Change, *, team_id: int, rule: CompiledRule) -> Ticket:
    """The team has a ticket of its own with this mail, and both say so."""
    first = Ticket.objects.get(pk=change.ticket_id)
    copy = _ticket(change, first=first, team_id=team_id)
    message = _message(change, copy)
    name = {"rule": rule.id, "rule_name": rule.name}
    [position, *_rest] = record(
        [
            Happening(copy, EventKind.TICKET_OPENED, dict(name), message_id=message.pk),
            Happening(copy, EventKind.LINKED, {"ticket": first.number, **name}),
            Happening(first, EventKind.LINKED, {"ticket": copy.number, **name}),
        ],
        by=_BY,
    )
    Message.objects.filter(pk=message.pk).update(position=position)
    return copy


def _ticket(change: Change, *, first: Ticket, team_id: int) -> Ticket:
    envelope = change.envelope
    received_at = envelope.delivery.received_at
    is_closed = envelope.opens_closed
    requester = Contact.objects.get(pk=change.contact_id)
    ticket: Ticket = Ticket.objects.create(
        number=counters.take(tickets=1).ticket_number,
        subject=subject_of(envelope, change.facts),
        status=Status.CLOSED if is_closed else Status.NEW,
        priority=Priority.NORMAL if change.decision.ticket_id else first.priority,
        requester=requester,
        requester_name=(requester.name or change.author)[:200],
        company_id=first.company_id,
        mailbox_id=envelope.delivery.mailbox_id,
        team_id=team_id,
        is_history=envelope.delivery.is_history,
        snippet=snippet_of(envelope),
        last_author=change.author[:120],
        needs_reply=not is_closed,
        has_attachments=has_files(envelope),
        message_count=1,
        created_at=received_at,
        active_at=received_at,
        waiting_since=None if is_closed else received_at,
        closed_at=received_at if is_closed else None,
    )
    return ticket


def _message(change: Change, copy: Ticket) -> Message:
    """The message once more, with its people, its files and its words for search."""
    message: Message = Message.objects.get(pk=change.message_id)
    people = list(MessageRecipient.objects.filter(message=message))
    files = list(Attachment.objects.filter(message=message))
    found_by = SearchDocument.objects.filter(message_id=message.pk).first()
    message.pk, message.ticket, message.position = None, copy, -1
    message.raw_id, message.thread_reason, message.thread_detail, message.is_external = (
        None,
        ThreadReason.NEW,
        "",
        False,
    )
    message.save(force_insert=True)
    for row in (*people, *files):
        row.pk, row.message = None, message
    for file in files:
        file.public_id = Attachment._meta.get_field("public_id").get_default()
    MessageRecipient.objects.bulk_create(people)
    Attachment.objects.bulk_create(files)
    if found_by is not None:
        SearchDocument.objects.create(ticket_id=copy.pk, message_id=message.pk, body=found_by.body)
    else:  # the index failed on the mail
        seek_later(message.pk)
    return message
