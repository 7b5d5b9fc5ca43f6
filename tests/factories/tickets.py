"""Tickets with messages, as intake and agents would have made them. Call inside the organization's scope."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from helpdesk.lib import clock
from helpdesk.tenancy import counters
from ticketing.models import (
    Contact,
    ContactAddress,
    EventKind,
    Message,
    MessageKind,
    MessageRecipient,
    Status,
    ThreadReason,
    Ticket,
    TicketEvent,
)

_numbers = count(1)


def make_contact(name: str = "Amara Okoye", address: str = "") -> Contact:
    """A contact with one address."""
    moment = clock.now()
    contact = Contact.objects.create(name=name, created_at=moment)
    address = address or f"customer{next(_numbers)}@larkmoor.test"
    ContactAddress.objects.create(contact=contact, address=address, created_at=moment)
    return contact


def make_ticket(subject: str = "Stove valve hisses", *, contact: Contact | None = None, **fields: Any) -> Ticket:
    """A new ticket with the customer's first message."""
    moment = clock.now() - timedelta(minutes=5)
    contact = contact or make_contact()
    defaults = {"status": Status.NEW, "needs_reply": True, "snippet": "It hisses.", "waiting_since": moment}
    ticket = Ticket.objects.create(
        number=counters.take(tickets=1).ticket_number,
        subject=subject,
        requester=contact,
        requester_name=contact.name,
        created_at=moment,
        active_at=fields.pop("active_at", moment),
        **defaults | fields,
    )
    add_message(ticket, contact=contact)
    return ticket


def add_message(
    ticket: Ticket, *, kind: MessageKind = MessageKind.INBOUND, text: str = "It hisses.", **fields: Any
) -> Message:
    """One more message at the end of the ticket; an inbound one from its requester."""
    position = counters.take(events=1).event_position
    contact = fields.pop("contact", ticket.requester if kind == MessageKind.INBOUND else None)
    address = contact.addresses.first().address if contact else "ines@fernhollow.test"
    to = fields.pop("to", ["support@fernhollow.test"])
    cc = fields.pop("cc", [])
    message = Message.objects.create(
        ticket=ticket,
        kind=kind,
        position=position,
        contact=contact,
        from_name=contact.name if contact else str(fields.get("author") or ""),
        from_address=address,
        subject=ticket.subject,
        text=text,
        reply_text=text,
        message_id=f"test.{position}.{ticket.number}@larkmoor.test",
        created_at=clock.now(),
        thread_reason=ThreadReason.NEW,
        **fields,
    )
    rows = [("to", address) for address in to] + [("cc", address) for address in cc]
    MessageRecipient.objects.bulk_create(
        MessageRecipient(message=message, header=header, address=address) for header, address in rows
    )
    TicketEvent.objects.create(
        ticket=ticket,
        position=position,
        kind=_event_of(kind),
        cause="mail",
        origin="worker",
        message=message,
        at=clock.now(),
    )
    Ticket.objects.filter(pk=ticket.pk).update(last_position=position, message_count=ticket.message_count + 1)
    ticket.refresh_from_db()
    return message


def _event_of(kind: MessageKind) -> EventKind:
    return {
        MessageKind.INBOUND: EventKind.MESSAGE_RECEIVED,
        MessageKind.OUTBOUND: EventKind.REPLY_WRITTEN,
        MessageKind.NOTE: EventKind.NOTE_WRITTEN,
        MessageKind.BOUNCE: EventKind.BOUNCE_RECEIVED,
    }[kind]
