"""The rows that a program names by id or address. What another organization has is not there."""

from __future__ import annotations

from typing import Any, TypeVar

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.request import Request

from helpdesk.accounts.models import Category, Company, Membership, Team
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.lib.text import clean_line
from helpdesk.tenancy import counters
from helpdesk.tenancy.state import required_organization_id
from mailboxes.models import Mailbox
from ticketing.api.problems import FieldProblem
from ticketing.fields.values import BadValue, Field, Value, clean_value, field_of
from ticketing.models import Contact, ContactAddress, Integration, Ticket, TicketField
from ticketing.queries.api_tickets import api_ticket
from ticketing.services.contacts import add_contact
from ticketing.services.ticket_fields import MAX_FIELDS

R = TypeVar("R")


def ticket_or_404(request: Request, number: int) -> Ticket:
    """The ticket, loaded as it is shown. Raises Http404."""
    integration: Integration = request.user
    ticket = api_ticket(number, actor=integration) if number < 2**63 else None
    if ticket is None:
        raise Http404
    return ticket


def ticket_to_change(request: Request, number: int) -> Ticket:
    """The ticket, from here to the commit changed by nobody else, and as the caller knows it where it sent If-Match.

    Raises Http404, DomainError: ticket_merged, version.
    """
    counters.take()  # positions before tickets, as intake locks them
    ticket = ticket_or_404(request, number)
    if ticket.merged_into is not None:
        sentence = _("This ticket was merged into #%d. Work on that one.") % ticket.merged_into.number
        raise DomainError(sentence, code="ticket_merged")
    wanted = request.META.get("HTTP_IF_MATCH")
    if wanted is not None and wanted.strip() not in ("*", etag_of(ticket), str(ticket.last_position)):
        sentence = _("The ticket has changed since: it is at version %d. Read it again, then decide anew.")
        raise DomainError(sentence % ticket.last_position, code="version")
    return ticket


def etag_of(ticket: Ticket) -> str:
    """Which state of the ticket this is."""
    return f'"{ticket.last_position}"'


def member(values: dict[str, Any], field: str = "assignee") -> Membership | None:
    """The member that the field names; None for nobody. Raises FieldProblem."""
    if values.get(field) is None:
        return None
    members = Membership.objects.filter(organization_id=required_organization_id()).select_related("user")
    known: Membership | None = members.filter(pk=values[field]).first()
    return _there(known, field, _("There is no such person. See /api/v1/people/."))


def team(values: dict[str, Any], field: str = "team") -> Team | None:
    """The team that the field names; None for none. Raises FieldProblem."""
    if values.get(field) is None:
        return None
    known: Team | None = Team.objects.filter(pk=values[field]).first()
    return _there(known, field, _("There is no such team. See /api/v1/teams/."))


def category(values: dict[str, Any], field: str = "category") -> Category | None:
    """The category that the field names; None for none. Raises FieldProblem."""
    if values.get(field) is None:
        return None
    known: Category | None = Category.objects.filter(pk=values[field]).first()
    return _there(known, field, _("There is no such category. A ticket that has it shows its id."))


def company(values: dict[str, Any], field: str = "company") -> Company | None:
    """The company that the field names; None for none. Raises FieldProblem, also where no companies are served."""
    if values.get(field) is None:
        return None
    known: Company | None = Company.objects.filter(pk=values[field], organization__serves_companies=True).first()
    return _there(known, field, _("There is no such company. A ticket that has it shows its id."))


def field_values(values: dict[str, Any], field: str = "fields") -> list[tuple[Field, Value | None]]:
    """The custom fields that are named, each with its value as it is stored; None takes it off. Raises FieldProblem."""
    asked: dict[str, Any] = values.get(field) or {}
    rows = TicketField.objects.filter(key__in=list(asked)[:MAX_FIELDS]) if asked else ()
    known = {row.key: field_of(row) for row in rows}
    return [
        (each, _cleaned(each, value, f"{field}.{key}"))
        for key, value in asked.items()
        for each in [_there(known.get(key), f"{field}.{key}"[:100], _("There is no such field. See /api/v1/fields/."))]
    ]


def _cleaned(field: Field, value: object, name: str) -> Value | None:
    try:
        return clean_value(field, value)
    except BadValue as refused:
        raise FieldProblem(name, refused.sentence) from refused


def mailbox(values: dict[str, Any], field: str = "mailbox") -> Mailbox | None:
    """The mailbox that the field names; None for none. Raises FieldProblem."""
    if values.get(field) is None:
        return None
    boxes = Mailbox.objects.filter(deleted_at=None, is_draft=False)
    known: Mailbox | None = boxes.filter(pk=values[field]).first()
    return _there(known, field, _("There is no such mailbox. See /api/v1/mailboxes/."))


def contact(asked: dict[str, Any], field: str = "contact") -> tuple[Contact, str]:
    """The contact with the address meant, lower-cased; one that nobody has is made. In the caller's transaction.

    After `counters.take`, so that two do not make the same one. Raises FieldProblem.
    """
    if "id" in asked:
        there: Contact | None = Contact.objects.filter(pk=asked["id"]).first()
        known = _there(there, f"{field}.id", _("There is no such contact. See /api/v1/contacts/."))
        address = known.addresses.order_by("id").values_list("address", flat=True).first()
        return known, _there(address, f"{field}.id", _("This contact has no address. Name one by its address."))
    address = asked["address"].strip().lower()
    row = ContactAddress.objects.filter(address=address).select_related("contact").first()
    if row is not None:
        return row.contact, address
    return add_contact(address, name=clean_line(asked.get("name", "")), at=clock.now()), address


def _there(row: R | None, field: str, sentence: str) -> R:
    if row is None:
        raise FieldProblem(field, sentence)
    return row
