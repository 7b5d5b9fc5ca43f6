"""What is suggested on a ticket that a person has called no spam: what it would have got when its mail came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from helpdesk.accounts.models import Category, Company, Membership, Team
from mailboxes.models import RemoteMessage
from ticketing.fields.values import Value, field_of, shown
from ticketing.inbound.decisions import Action
from ticketing.inbound.reprocessing import Reprocessed, reprocess
from ticketing.models import Priority, SpamMark, Status, Suggested, SuggestionAnswer, Tag, Ticket, TicketField
from ticketing.reason_words import reason_words

_SHOWN_CHARS = 200


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing that could be done to the ticket."""

    what: Suggested
    value: str  # an id, a word, a number or the key of a field
    name: str  # the value for people
    why: str
    can_be_applied: bool = True
    content: Value | None = None  # of a field


def suggestions_for(ticket: Ticket) -> list[Suggestion]:
    """What is not so yet and was neither applied nor dismissed; nothing for any but a ticket that was cleared."""
    if ticket.spam_mark != SpamMark.MANUAL_CLEAN:
        return []
    found = reprocess(ticket)
    if found is None:
        return []
    answered = set(SuggestionAnswer.objects.filter(ticket=ticket).values_list("what", "value"))
    return [each for each in _suggested(ticket, found) if (each.what.value, each.value) not in answered]


def _suggested(ticket: Ticket, found: Reprocessed) -> Iterator[Suggestion]:
    decision = found.decision
    if decision.action is Action.OPEN:
        yield from _defaults(ticket, found)
        yield from _tags(ticket, found)
        yield from _fields(ticket, found)
    elif decision.ticket_id is not None and decision.action is Action.ADD:
        number = str(decision.data.get("ticket", ""))
        yield Suggestion(Suggested.TICKET, number, f"#{number}", _words(found), can_be_applied=False)
    elif ticket.status != Status.CLOSED:
        yield Suggestion(Suggested.CLOSING, Status.CLOSED, str(Status.CLOSED.label), _words(found))


def _defaults(ticket: Ticket, found: Reprocessed) -> Iterator[Suggestion]:
    """What the mailbox gives its new tickets."""
    delivery, why = found.delivery, _("The mailbox, or a rule, gives it to such new tickets.")
    if delivery.team_id not in (None, ticket.team_id):
        for team in Team.objects.filter(pk=delivery.team_id):
            yield Suggestion(Suggested.TEAM, str(team.pk), team.name, why)
    if delivery.assignee_id not in (None, ticket.assignee_id):
        for agent in Membership.objects.filter(pk=delivery.assignee_id).select_related("user"):
            yield Suggestion(Suggested.ASSIGNEE, str(agent.pk), str(agent), why)
    if delivery.category_id not in (None, ticket.category_id):
        for category in Category.objects.filter(pk=delivery.category_id):
            yield Suggestion(Suggested.CATEGORY, str(category.pk), category.path, why)
    if found.company_id not in (None, ticket.company_id):
        of_contact = _("It is the company of its contact.")
        for company in Company.objects.filter(pk=found.company_id):
            whose = why if delivery.company_id else of_contact
            yield Suggestion(Suggested.COMPANY, str(company.pk), company.name, whose)
    if delivery.priority not in (Priority.NORMAL, ticket.priority):
        yield Suggestion(Suggested.PRIORITY, delivery.priority, str(Priority(delivery.priority).label), why)


def _tags(ticket: Ticket, found: Reprocessed) -> Iterator[Suggestion]:
    if not found.tags:
        return
    has = Tag.objects.filter(taggings__ticket=ticket).values_list("name", flat=True)
    there = {name.casefold() for name in has}
    for name in found.tags:
        if name.casefold() not in there:
            yield Suggestion(Suggested.TAG, name, name, _given())


def _fields(ticket: Ticket, found: Reprocessed) -> Iterator[Suggestion]:
    """What mapping, commands and rules give custom fields."""
    if not found.fields:
        return
    rows = TicketField.objects.filter(key__in=list(found.fields), is_active=True).order_by("place", "id")
    for known in map(field_of, rows):
        value = found.fields[known.key]
        if ticket.fields.get(known.key) != value:
            name = f"{known.label}: {shown(known.kind, value)[:_SHOWN_CHARS]}"
            yield Suggestion(Suggested.FIELD, known.key, name, _given(), content=value)


def _given() -> str:
    return _("The mailbox, the mail or a rule gives it to such new tickets.")


def _words(found: Reprocessed) -> str:
    """The reason of the verdict, as the inbound log would say it."""
    return reason_words(RemoteMessage(reason_code=found.decision.reason, reason_data=dict(found.decision.data)))
