"""Opening a ticket that no mail opened: an integration asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Company, Membership, Team
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.lib.text import clean_line
from helpdesk.tenancy import counters
from mailboxes.models import Mailbox
from ticketing.models import Contact, EventKind, Message, Priority, Status, ThreadReason, Ticket
from ticketing.services import changes
from ticketing.services.contact_companies import company_of_new_ticket
from ticketing.services.history import By, Happening, record
from ticketing.services.incoming import Incoming, place, write_incoming


@dataclass(frozen=True)
class Opening:
    """What a new ticket is."""

    subject: str
    contact: Contact
    address: str  # of the contact; stands for it where it has no name
    mailbox: Mailbox | None = None  # None: the primary one answers
    team: Team | None = None
    assignee: Membership | None = None
    company: Company | None = None  # None: the mailbox's, else the contact's
    priority: Priority = Priority.NORMAL
    status: Status = Status.NEW
    tags: Sequence[str] = ()


@transaction.atomic
def open_ticket(opening: Opening, *, first: Incoming | None, by: By) -> tuple[Ticket, Message | None]:
    """The ticket is there, with the customer's first words if there are any. Inside the scope.

    Without them it waits for its first message: write one in the same transaction.
    Raises DomainError: subject_empty, assignee_cannot_work, company_retired, tag_name.
    """
    subject = " ".join(clean_line(opening.subject).split())[:400]
    if not subject:
        raise DomainError(_("Write a subject: without one the ticket is hard to find."), code="subject_empty")
    if opening.assignee is not None:
        changes.check_assignee(opening.assignee)
    changes.check_in_use(opening.company, field="company")
    company, said = opening.company, dict[str, str]()
    if company is None:
        company, said = company_of_new_ticket(opening.contact, mailbox=opening.mailbox)
    ticket = _ticket_row(opening, subject=subject, company=company)
    message = write_incoming(ticket, incoming=first, reason=ThreadReason.NEW, by=by) if first else None
    message_id = message.pk if message else None
    [position] = record([Happening(ticket, EventKind.TICKET_OPENED, said, message_id=message_id)], by=by)
    if message is not None:
        place(message, position=position)
        ticket.save()
    for name in opening.tags:
        changes.add_tag([ticket], name=name, by=by)
    if opening.status != Status.NEW:
        changes.change_status([ticket], status=opening.status, by=by)
    ticket.refresh_from_db()
    return ticket, message


def _ticket_row(opening: Opening, *, subject: str, company: Company | None) -> Ticket:
    moment = clock.now()
    ticket: Ticket = Ticket.objects.create(
        number=counters.take(tickets=1).ticket_number,
        subject=subject,
        requester=opening.contact,
        requester_name=(clean_line(opening.contact.name) or opening.address)[:200],
        mailbox=opening.mailbox,
        team=opening.team,
        assignee=opening.assignee,
        company=company,
        priority=opening.priority,
        created_at=moment,
        active_at=moment,
    )
    return ticket
