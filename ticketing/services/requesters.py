"""Who asks on a ticket that came as a forwarded mail: its writer, or the agent who forwarded it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.lib import clock
from ticketing.models import Contact, ContactAddress, EventKind, Message, MessageKind, MessageRecipient, Ticket
from ticketing.models import TicketEvent as Event
from ticketing.services.changes import ChangeRefused, locked
from ticketing.services.contacts import add_contact
from ticketing.services.history import By, Happening, record


@transaction.atomic
def choose_requester(ticket: Ticket, *, forwarded: bool, by: By) -> Sequence[Ticket]:
    """The requester is the writer of the forwarded mail (True), or its sender; gives the ticket if that is a change.

    Answers go there. Raises ChangeRefused for a ticket that did not come as a forwarded mail.
    """
    [current] = locked([ticket])
    told = _forwarding(current)
    message = Message.objects.filter(ticket=current, kind=MessageKind.INBOUND).order_by("position").first()
    if told is None or message is None:
        raise ChangeRefused(_("This ticket did not come as a forwarded mail."), code="not_forwarded")
    address = told.data["to"] if forwarded else message.from_address.lower()
    name = told.data["name"] if forwarded else message.from_name
    contact = _contact(address, name=name)
    if contact == current.requester:
        return []
    before = current.requester_name
    current.requester, current.requester_name = contact, (contact.name or address)[:200]
    current.save(update_fields=["requester", "requester_name"])
    Message.objects.filter(pk=message.pk).update(contact=contact)
    _answers_go(message, address=told.data["to"], name=told.data["name"], there=forwarded)
    happening = {"from": before, "to": address, "name": current.requester_name}
    record([Happening(current, EventKind.REQUESTER_CHANGED, happening)], by=by)
    return [current]


def _forwarding(ticket: Ticket) -> Event | None:
    events = Event.objects.filter(ticket=ticket, kind=EventKind.REQUESTER_CHANGED, cause="mail").order_by("position")
    found: Event | None = events.first()
    return found


def _contact(address: str, *, name: str) -> Contact:
    row = ContactAddress.objects.filter(address=address).select_related("contact").first()
    return row.contact if row is not None else add_contact(address, name=name, at=clock.now())


def _answers_go(message: Message, *, address: str, name: str, there: bool) -> None:
    rows = MessageRecipient.objects.filter(message=message, header="reply_to", address=address)
    if not there:
        rows.delete()
    elif not rows.exists():
        MessageRecipient.objects.create(message=message, header="reply_to", address=address, name=name)
