"""The addresses of contacts as people set them: one more, one less, and two contacts that are one person."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import counters
from mailboxes.services.sending.outbox import check_address
from ticketing.models import Contact, ContactAddress, GroupMember, Message, Ticket, WriterPolicy
from ticketing.outbound.recipients import is_own, own_addresses
from ticketing.services.policy_version import policy_changed

MAX_ADDRESSES = 50  # of one contact


class AddressTaken(DomainError):
    """The address is another contact's: both may be one person."""

    code = "address_taken"

    def __init__(self, address: ContactAddress) -> None:
        self.other: Contact = address.contact
        super().__init__(_("%(address)s belongs to another contact.") % {"address": address.address})


@dataclass(frozen=True)
class Merged:
    """What two contacts that became one brought along."""

    tickets: int
    addresses: int


@transaction.atomic
def add_address(contact: Contact, address: str, *, actor: Membership | None = None) -> ContactAddress:
    """Mail from this address is the contact's from now on.

    Raises AddressTaken, or DomainError: contact_unknown, bad_address, own_address, has_it, too_many.
    """
    plain = address.strip().lower()
    _check(contact, plain)
    try:
        with transaction.atomic():
            row: ContactAddress = ContactAddress.objects.create(contact=contact, address=plain, created_at=clock.now())
    except IntegrityError as error:
        raise _taken(contact, plain) from error
    _told(contact, {"address": (None, plain)}, actor=actor)
    return row


@transaction.atomic
def remove_address(address: ContactAddress, *, actor: Membership | None = None) -> None:
    """Mail from this address is nobody's; its tickets stay with the contact."""
    contact, plain = address.contact, address.address
    address.delete()
    _told(contact, {"address": (plain, None)}, actor=actor)


@transaction.atomic
def merge_contacts(contact: Contact, *, other: Contact, actor: Membership | None = None) -> Merged:
    """The other's addresses, tickets, messages and groups are the contact's, and the other is gone.

    Raises DomainError: contact_unknown, same_contact, too_many.
    """
    if contact.pk == other.pk:
        raise DomainError(_("These two are one contact already."), code="same_contact")
    if contact.is_unknown or other.is_unknown:
        raise _unknown()
    counters.take()  # before tickets and contacts, as intake locks them
    if ContactAddress.objects.filter(contact__in=(contact, other)).count() > MAX_ADDRESSES:
        raise _too_many()
    label, addresses = _label(other), ContactAddress.objects.filter(contact=other).update(contact=contact)
    name = contact.name or other.name
    tickets = Ticket.objects.filter(requester=other).update(
        requester=contact, **({"requester_name": name} if name else {})
    )
    Message.objects.filter(contact=other).update(contact=contact)
    in_groups = GroupMember.objects.filter(contact=contact).values("group_id")
    GroupMember.objects.filter(contact=other).exclude(group_id__in=in_groups).update(contact=contact)
    if WriterPolicy.objects.filter(guest__in=(contact, other)).update(guest=contact):
        policy_changed()  # intake keeps the guest's id and name with the policy
    contact.name, contact.company = name, contact.company or other.company
    contact.save(update_fields=["name", "company"])
    audit.record(
        "contact.merged", target=contact, actor=actor, label=_label(contact), changes={"merged": (label, None)}
    )
    other.delete()
    return Merged(tickets, addresses)


def _check(contact: Contact, address: str) -> None:
    if contact.is_unknown:
        raise _unknown()
    check_address(address)
    if is_own(address, own=own_addresses()):
        words = _("%(address)s is a mailbox of yours, not an address of a contact.")
        raise DomainError(words % {"address": address}, code="own_address")
    if ContactAddress.objects.filter(contact=contact).count() >= MAX_ADDRESSES:
        raise _too_many()
    if ContactAddress.objects.filter(address=address).exists():
        raise _taken(contact, address)


def _taken(contact: Contact, address: str) -> DomainError:
    row = ContactAddress.objects.select_related("contact").get(address=address)
    if row.contact_id == contact.pk:
        return DomainError(_("The contact has this address already."), code="has_it")
    return AddressTaken(row)


def _unknown() -> DomainError:
    words = _("This contact stands for all mail that names nobody. It has no address.")
    return DomainError(words, code="contact_unknown")


def _too_many() -> DomainError:
    return DomainError(_("A contact takes at most %(n)s addresses.") % {"n": MAX_ADDRESSES}, code="too_many")


def _told(contact: Contact, changes: audit.Changes, *, actor: Membership | None) -> None:
    audit.record("contact.changed", target=contact, actor=actor, label=_label(contact), changes=changes)


def _label(contact: Contact) -> str:
    address = ContactAddress.objects.filter(contact=contact).order_by("id").values_list("address", flat=True).first()
    return contact.name or address or ""
