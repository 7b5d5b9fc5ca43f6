"""What the page of a contact shows. Inside the organization's scope."""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk.accounts.models import Membership
from mailboxes.models import BouncedAddress, Silence
from ticketing.models import Contact, ContactAddress, ContactGroup, Ticket, WriterPolicy
from ticketing.queries.tickets import visible_tickets

SHOWN_TICKETS = 20


@dataclass(frozen=True)
class ContactCard:
    """A contact and what belongs to it."""

    contact: Contact
    addresses: list[ContactAddress]
    bounced: frozenset[str]  # those of the addresses that mail came back from
    complained: frozenset[str]  # those that called mail of ours spam
    tickets: list[Ticket]
    has_more: bool  # tickets than are shown
    groups: list[ContactGroup]
    is_guest: bool


def contact_card(contact_id: int, *, actor: Membership) -> ContactCard | None:
    """The card of the contact; None if there is none. Six queries."""
    contact = Contact.objects.select_related("company").filter(pk=contact_id).first()
    if contact is None:
        return None
    tickets = list(visible_tickets(actor).filter(requester=contact).order_by("-active_at", "-id")[: SHOWN_TICKETS + 1])
    addresses = list(ContactAddress.objects.filter(contact=contact).order_by("id"))
    silenced = BouncedAddress.objects.filter(address__in=[each.address for each in addresses])
    causes = dict(silenced.values_list("address", "cause"))
    return ContactCard(
        contact=contact,
        addresses=addresses,
        bounced=frozenset(address for address, cause in causes.items() if cause == Silence.BOUNCED),
        complained=frozenset(address for address, cause in causes.items() if cause == Silence.COMPLAINT),
        tickets=tickets[:SHOWN_TICKETS],
        has_more=len(tickets) > SHOWN_TICKETS,
        groups=list(ContactGroup.objects.filter(members__contact=contact).order_by("name")),
        is_guest=WriterPolicy.objects.filter(guest=contact).exists(),
    )
