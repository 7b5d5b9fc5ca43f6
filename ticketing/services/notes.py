"""Internal notes: a message that stays in the house. It has no recipients, no id of its own and no outbox row."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from helpdesk.accounts.models import Membership
from helpdesk.lib import clock
from helpdesk.tenancy import counters
from ticketing.mail.compose import OutgoingFile
from ticketing.mail.rich_text import clean_rich_text, from_text
from ticketing.models import (
    Attachment,
    Draft,
    DraftMode,
    EventKind,
    Message,
    MessageKind,
    ThreadReason,
    Ticket,
)
from ticketing.outbound.content import Content, make_content
from ticketing.outbound.sent_files import attach
from ticketing.services.history import Author, By, Happening, by_author, record
from ticketing.services.reading import mark_read
from ticketing.services.search import index_message
from ticketing.services.written_once import refuse_written

BY_RULE = By(cause="rule", origin="worker")


def add_note(
    ticket: Ticket,
    *,
    author: Author,
    html: str,
    attachments: Sequence[Attachment] = (),
    new_files: Sequence[OutgoingFile] = (),
    mark: str | None = None,
) -> Message:
    """The note is in the ticket, for the team alone; the draft it came from is gone.

    Lists keep their order and words: a note is not activity of the conversation. Inside the organization's scope; opens
    its own transaction. mark: of the writing, see `written_once`. Raises DomainError: empty, image_too_large,
    file_missing, storage_down, already_written.
    """
    content = make_content(html, attachments=attachments, new_files=new_files)
    with transaction.atomic():
        counters.take()  # positions before tickets, as intake locks them
        refuse_written(ticket, mark=mark)
        locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
        message = _message_row(locked, author=author, content=content, mark=mark)
        position = record([Happening(locked, EventKind.NOTE_WRITTEN, message_id=message.pk)], by=by_author(author))[0]
        Message.objects.filter(pk=message.pk).update(position=position)
        message.position = position
        attach(content.files, message=message)
        names = [sent.file.filename for sent in content.files if not sent.file.content_id]
        index_message(ticket_id=locked.pk, message_id=message.pk, texts=(str(author), *names, content.text))
        locked.has_notes = True
        locked.message_count += 1
        locked.save(update_fields=["has_notes", "message_count"])
        if isinstance(author, Membership):
            mark_read(locked, reader=author)
            Draft.objects.filter(ticket=locked, membership=author, mode=DraftMode.NOTE).delete()
    return message


def add_note_of_rule(ticket_id: int, *, rule_id: int, rule_name: str, text: str, by: By = BY_RULE) -> Message:
    """The note of a rule is in the ticket. In the transaction that writes the rule's mail, behind its rows.

    by: a person who applies it later, in a transaction that holds the counters.
    """
    ticket = Ticket.objects.get(pk=ticket_id)
    html = clean_rich_text(from_text(text), image=lambda _source: None)
    message: Message = Message.objects.create(
        ticket=ticket,
        kind=MessageKind.NOTE,
        position=-1,
        from_name=rule_name[:200],
        text=text,
        reply_text=text,
        html=html,
        created_at=clock.now(),
        thread_reason=ThreadReason.WRITTEN_HERE,
    )
    happening = Happening(
        ticket, EventKind.NOTE_WRITTEN, {"rule": rule_id, "rule_name": rule_name}, message_id=message.pk
    )
    [position] = record([happening], by=by)
    Message.objects.filter(pk=message.pk).update(position=position)
    index_message(ticket_id=ticket.pk, message_id=message.pk, texts=(rule_name, text))
    Ticket.objects.filter(pk=ticket.pk).update(has_notes=True, message_count=F("message_count") + 1)
    return message


def _message_row(ticket: Ticket, *, author: Author, content: Content, mark: str | None) -> Message:
    by = by_author(author)
    message: Message = Message.objects.create(
        ticket=ticket,
        kind=MessageKind.NOTE,
        position=-1,  # its event's, once that is written; no message keeps this one
        author=by.actor,
        integration=by.integration,
        from_name=str(author)[:200],
        text=content.text,
        reply_text=content.text,
        html=content.html,
        created_at=clock.now(),
        thread_reason=ThreadReason.WRITTEN_HERE,
        written_mark=mark,
    )
    return message
