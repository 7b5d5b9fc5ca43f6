"""The fields of tickets, and what a ticket has in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from helpdesk.tenancy.prepared import Prepared
from ticketing.fields.values import Field, field_of, file_refs, shown
from ticketing.models import Attachment, FieldKind, Ticket, TicketField
from ticketing.queries.field_files import files_for

MAX_LISTED_CHARS = 60
_FIELDS: Prepared[TicketField] = Prepared(lambda: TicketField.objects.order_by("place", "id"))


@dataclass(frozen=True)
class FieldOnTicket:
    """One field as the page of a ticket shows it."""

    field: Field
    value: object  # None: the ticket has none
    shown: str
    options: list[tuple[str, str, bool]]  # of kinds that are chosen: posted value, word, whether the ticket has it
    files: list[tuple[str, Attachment | None]]  # of a field of files: name, and the file unless it is gone

    @property
    def is_menu(self) -> bool:
        """True where one of the options is chosen."""
        return self.field.kind in (FieldKind.CHOICE, FieldKind.YES_NO)


def ticket_fields() -> list[TicketField]:
    """Every field of the organization in order, the retired ones among them."""
    return _FIELDS.rows()


def active_fields() -> list[Field]:
    """The fields that tickets can get values of, in order."""
    return [field_of(row) for row in ticket_fields() if row.is_active]


def typed_fields() -> list[Field]:
    """Those of them whose values can be written or chosen without looking at a ticket: all but fields of files."""
    return [field for field in active_fields() if not field.holds_files]


def shown_in_lists(tickets: Sequence[Ticket], rows: Sequence[TicketField]) -> None:
    """Each of the tickets has `listed_fields`: name and value of the fields that lists show. rows: every field."""
    wanted = [row for row in rows if row.in_lists]
    for ticket in tickets:
        held = ((row, shown(row.kind, ticket.fields.get(row.key))) for row in wanted)
        ticket.listed_fields = [(row.label, value[:MAX_LISTED_CHARS]) for row, value in held if value]


def field_keyed(key: str) -> TicketField | None:
    """The field with this key."""
    found: TicketField | None = TicketField.objects.filter(key=key).first()
    return found


def fields_of(ticket: Ticket) -> list[FieldOnTicket]:
    """The fields to show on the ticket: those in use, and retired ones of which it has a value."""
    fields = [field_of(row) for row in ticket_fields() if row.is_active or row.key in ticket.fields]
    of_files = [field for field in fields if field.holds_files]
    named = [ref for field in of_files for ref in file_refs(ticket.fields.get(field.key))]
    here, offered = files_for(ticket, named) if of_files else ({}, [])
    return [
        _of_files(field, ticket.fields.get(field.key), here, offered)
        if field.holds_files
        else _on_ticket(field, ticket.fields.get(field.key))
        for field in fields
    ]


def _of_files(
    field: Field, value: object, here: Mapping[str, Attachment], offered: Sequence[Attachment]
) -> FieldOnTicket:
    refs = file_refs(value)
    held = {str(ref["id"]): str(ref["filename"]) for ref in refs}
    names = held | ({str(file.public_id): file.filename for file in offered} if field.is_active else {})
    options = [(posted, name, posted in held) for posted, name in names.items()]
    files = [(name, here.get(posted)) for posted, name in held.items()]
    return FieldOnTicket(field, value, shown(field.kind, value), options, files)


def _on_ticket(field: Field, value: object) -> FieldOnTicket:
    has = set(value) if isinstance(value, list) else {value}
    answers = {"yes": True, "no": False} if field.kind == FieldKind.YES_NO else {}
    options = [(posted, word, answers.get(posted, posted) in has) for posted, word in options_of(field)]
    return FieldOnTicket(field, value, shown(field.kind, value), options, files=[])


def options_of(field: Field) -> list[tuple[str, str]]:
    """What can be chosen for the field: posted value and word; nothing for kinds that are typed."""
    if field.kind == FieldKind.YES_NO:
        return [("yes", _("Yes")), ("no", _("No"))]
    return [(choice, choice) for choice in field.choices]
