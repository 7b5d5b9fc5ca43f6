"""Giving tickets values of custom fields. Each change writes its event."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from ticketing.fields.values import Field, Value, clean_value, file_refs
from ticketing.models import EventKind, Ticket
from ticketing.queries.field_files import refs_on
from ticketing.services.changes import ChangeRefused, locked
from ticketing.services.history import By, Happening, record
from ticketing.services.search import index_fields


@transaction.atomic
def set_field(tickets: Sequence[Ticket], *, field: Field, value: object, by: By) -> list[Ticket]:
    """The tickets have the value, or none (None, an empty text or list); gives those that changed.

    value: JSON; of files their ids, or objects with an id. Raises BadValue, also for a file that is none of the
    ticket's, and ChangeRefused for a value of a retired field: it can only be taken off, and files of it one by one.
    """
    given = clean_value(field, value)
    wanted = {ticket.pk: _on_ticket(ticket, field, given) for ticket in tickets}
    moving = [ticket for ticket in locked(tickets) if ticket.fields.get(field.key) != wanted[ticket.pk]]
    if not field.is_active and any(_is_more(ticket.fields.get(field.key), wanted[ticket.pk]) for ticket in moving):
        raise ChangeRefused(
            _("%(name)s is retired. Choose another field.") % {"name": field.label}, code="field_retired"
        )
    happenings = []
    for ticket in moving:
        after = wanted[ticket.pk]
        happenings.append(changed(ticket, field, before=ticket.fields.get(field.key), after=after))
        put(ticket, key=field.key, value=after)
    return save_fields(moving, happenings, by=by)


def _on_ticket(ticket: Ticket, field: Field, given: Value | None) -> Value | None:
    """The value as this ticket can have it."""
    return refs_on(ticket, field, asked=file_refs(given)) if field.holds_files and given is not None else given


def _is_more(before: object, after: Value | None) -> bool:
    """True unless something is only taken off."""
    refs = file_refs(after)
    if refs:
        had = file_refs(before)
        return any(ref not in had for ref in refs)
    return after is not None


def changed(ticket: Ticket, field: Field, *, before: object, after: object) -> Happening:
    """What the history says of it; the field as it is called now, since it may be called otherwise later."""
    named = {"field": field.key, "label": field.label, "kind": field.kind.value}
    return Happening(ticket, EventKind.FIELD_CHANGED, {**named, "from": before, "to": after})


def put(ticket: Ticket, *, key: str, value: object) -> None:
    """The object has the value; it is not saved."""
    kept = {name: each for name, each in ticket.fields.items() if name != key}
    ticket.fields = kept if value is None else {**kept, key: value}


def save_fields(tickets: list[Ticket], happenings: list[Happening], *, by: By) -> list[Ticket]:
    """The values and one event for each ticket are written. In the caller's transaction; gives the tickets."""
    if tickets:
        Ticket.objects.bulk_update(tickets, ["fields"])
    record(happenings, by=by)
    if tickets:
        index_fields(tickets)
    return tickets
