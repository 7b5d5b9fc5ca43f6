"""The company of a contact, which new tickets get where their mailbox names none."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Company
from helpdesk.accounts.services import audit
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import counters
from mailboxes.models import Mailbox
from ticketing.models import Contact, Ticket
from ticketing.services import changes
from ticketing.services.history import By


@transaction.atomic
def give_requester_company(ticket: Ticket, *, company: Company | None, by: By) -> Ticket:
    """The contact of the ticket belongs to the company, or to none. The ticket gets it, too, if it has none.

    Other tickets stay as they are. Raises DomainError: company_retired, contact_unknown.
    """
    counters.take()  # positions before tickets and contacts, as intake locks them
    contact: Contact = (
        Contact.objects.select_for_update(of=("self",)).select_related("company").get(pk=ticket.requester_id)
    )
    if contact.company != company:
        _check(contact, company)
        _give(contact, company, by=by)
    if company is not None and company.is_active and ticket.company_id is None:
        changes.set_company([ticket], company=company, by=by)
    ticket.refresh_from_db()
    return ticket


def company_of_new_ticket(contact: Contact, *, mailbox: Mailbox | None) -> tuple[Company | None, dict[str, str]]:
    """What a ticket that no mail opens gets, and what its history says of that.

    The mailbox's company, else the contact's; none that is retired, and none where no companies are served.
    """
    of_mailbox = mailbox.company if mailbox is not None else None
    if _can_be_given(of_mailbox):
        return of_mailbox, {}
    if contact.company is not None and _can_be_given(contact.company):
        return contact.company, {"company_of_contact": contact.company.name}
    return None, {}


def _can_be_given(company: Company | None) -> bool:
    return company is not None and company.is_active and company.organization.serves_companies


def _check(contact: Contact, company: Company | None) -> None:
    if contact.is_unknown:
        raise DomainError(
            _("This contact stands for all mail that names nobody. It has no company."), code="contact_unknown"
        )
    changes.check_in_use(company, field="company")


def _give(contact: Contact, company: Company | None, *, by: By) -> None:
    before = contact.company
    contact.company = company
    contact.save(update_fields=["company"])
    address = contact.addresses.order_by("id").values_list("address", flat=True).first()
    audit.record(
        "contact.changed",
        target=contact,
        actor=by.actor,
        label=contact.name or address or "",
        changes={"affiliation": (str(before) if before else None, str(company) if company else None)},
    )
