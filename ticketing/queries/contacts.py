"""What the page of a contact shows. Inside the organization's scope."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import OuterRef, Subquery

from helpdesk.accounts.models import Membership
from mailboxes.models import BouncedAddress, Silence
from ticketing.models import Contact, ContactAddress, ContactGroup, Ticket, WriterPolicy
from ticketing.queries.tickets import visible_tickets

SHOWN_TICKETS = 20


@dataclass(frozen=True)
class KnownAddress:
    """An address of a contact, and why nothing automatic goes there, if so."""

    id: int
    address: str
    silence: Silence | None


@dataclass(frozen=True)
class ContactCard:
    """A contact and what belongs to it."""

    contact: Contact
    addresses: list[KnownAddress]
    tickets: list[Ticket]
    has_more: bool  # tickets than are shown
    groups: list[ContactGroup]
    is_guest: bool


def contact_card(contact_id: int, *, actor: Membership) -> ContactCard | None:
    """The card of the contact; None if there is none. Five queries."""
    contact = Contact.objects.select_related("company").filter(pk=contact_id).first()
    if contact is None:
        return None
    tickets = list(visible_tickets(actor).filter(requester=contact).order_by("-active_at", "-id")[: SHOWN_TICKETS + 1])
    causes = BouncedAddress.objects.filter(address=OuterRef("address")).values("cause")[:1]
    rows = ContactAddress.objects.filter(contact=contact).order_by("id").values_list("id", "address", Subquery(causes))
    return ContactCard(
        contact=contact,
        addresses=[KnownAddress(pk, address, Silence(cause) if cause else None) for pk, address, cause in rows],
        tickets=tickets[:SHOWN_TICKETS],
        has_more=len(tickets) > SHOWN_TICKETS,
        groups=list(ContactGroup.objects.filter(members__contact=contact).order_by("name")),
        is_guest=WriterPolicy.objects.filter(guest=contact).exists(),
    )
