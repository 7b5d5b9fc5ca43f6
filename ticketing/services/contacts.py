"""The people outside, as intake and composer meet them."""

from __future__ import annotations

from datetime import datetime

from ticketing.models import Contact, ContactAddress

UNKNOWN_SENDER = "Unknown sender"


def add_contact(address: str, *, name: str, at: datetime) -> Contact:
    """A new contact with this address (lower-cased). Inside the caller's transaction.

    Raises IntegrityError when somebody else has just added the address.
    """
    contact: Contact = Contact.objects.create(name=name[:200], created_at=at)
    ContactAddress.objects.create(contact=contact, address=address, created_at=at)
    return contact


def unknown_sender(*, at: datetime) -> Contact:
    """The one contact of the organization that stands for mail that names nobody. Inside the caller's transaction."""
    known: Contact | None = Contact.objects.filter(is_unknown=True).order_by("id").first()
    if known is not None:
        return known
    created: Contact = Contact.objects.create(name=UNKNOWN_SENDER, is_unknown=True, created_at=at)
    return created
