"""An automatic answer as its ticket shows it. It changes nothing else about the ticket: somebody still has to reply."""

from __future__ import annotations

from django.db.models import F

from helpdesk.lib import clock
from mailboxes.models import OutboxMessage
from ticketing.answering.letters import Letter
from ticketing.mail.rich_text import plain_text
from ticketing.models import (
    AutomaticAnswer,
    EventKind,
    Message,
    MessageKind,
    MessageRecipient,
    MessageReference,
    ThreadReason,
    Ticket,
    TicketEvent,
)
from ticketing.services.history import By, Happening, record
from ticketing.services.references import id_hash


def write_answer(letter: Letter, *, answer: AutomaticAnswer, outbox: OutboxMessage) -> Message:
    """The answer is a message of its ticket, and what answers it finds the ticket. In the caller's transaction, late.

    Search does not know it: it would find every ticket by the same words.
    """
    ticket, outside = answer.ticket, letter.outside
    if ticket is None:
        raise ValueError("This answer belongs to no ticket.")
    told = {"cause": answer.cause, **letter.text.told}
    [position] = record(
        [Happening(ticket, EventKind.ANSWERED_BY_ITSELF, told)],
        by=By(cause="rule" if "rule" in told else "system", origin="worker"),
    )
    text = plain_text(letter.text.html)
    message: Message = Message.objects.create(
        ticket=ticket,
        kind=MessageKind.OUTBOUND,
        position=position,
        from_name=outside.sender.name,
        from_address=outside.sender.address,
        subject=outside.subject,
        text=text,
        reply_text=text,
        html=letter.text.html,
        message_id=outside.message_id,
        created_at=clock.now(),
        outbox=outbox,
        token_id=outside.token_id,
        thread_reason=ThreadReason.BY_ITSELF,
        is_automatic=True,
        auto_kind=answer.cause,
    )
    TicketEvent.objects.filter(ticket=ticket, position=position).update(message=message)
    MessageRecipient.objects.create(message=message, header="to", address=answer.recipient)
    MessageReference.objects.create(message=message, ticket=ticket, id_hash=id_hash(outside.message_id), is_own=True)
    Ticket.objects.filter(pk=ticket.pk).update(message_count=F("message_count") + 1)
    return message
