"""Taking back what a mail changed of its ticket, by mapping or by commands: one change at a time, from the history."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from ticketing.models import EventKind, Ticket, TicketEvent
from ticketing.services.changes import ChangeRefused
from ticketing.services.history import By
from ticketing.services.undoing import undo_events

# What holds it now: a column of the ticket, or its fields.
COLUMNS: Mapping[str, str] = {
    EventKind.PRIORITY_CHANGED: "priority",
    EventKind.TEAM_CHANGED: "team_id",
    EventKind.ASSIGNEE_CHANGED: "assignee_id",
    EventKind.CATEGORY_CHANGED: "category_id",
    EventKind.COMPANY_CHANGED: "company_id",
}


def can_be_undone(ticket: Ticket, event: TicketEvent) -> bool:
    """True for a change by a mail that stands, as far as the ticket tells. No query.

    Of long texts the history keeps the beginning alone, which takes nothing back.
    """
    data = event.data
    if event.cause != "mail" or data.get("cut") or "undoes" in data:
        return False
    if event.kind == EventKind.FIELD_CHANGED:
        return bool(ticket.fields.get(data["field"]) == data["to"])
    column = COLUMNS.get(event.kind)
    return column is not None and getattr(ticket, column) == data["to_id" if "to_id" in data else "to"]


@transaction.atomic
def undo_mail_change(ticket: Ticket, *, position: int, by: By) -> list[Ticket]:
    """The ticket is as before this change by a mail. Raises ChangeRefused: no_change, changed_since."""
    event = TicketEvent.objects.filter(ticket=ticket, position=position, cause="mail").first()
    if event is None or event.data.get("cut") or event.kind not in (EventKind.FIELD_CHANGED, *COLUMNS):
        raise ChangeRefused(_("This cannot be taken back. Reload the page."), code="no_change")
    restored = undo_events([event], by=by).restored
    if not restored:
        raise ChangeRefused(_("It was changed since, and stays as it is."), code="changed_since")
    return restored
