"""Applying and dismissing what is suggested on a ticket."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction

from helpdesk.accounts.models import Category, Company, Membership, Team
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import counters
from ticketing.fields.values import field_of
from ticketing.models import (
    EventKind,
    Message,
    MessageRecipient,
    Priority,
    Status,
    Suggested,
    SuggestionAnswer,
    Tag,
    Ticket,
    TicketField,
)
from ticketing.models.message import ADDED
from ticketing.models.rules import TeamTurn
from ticketing.queries.suggestions import Suggestion, answered_message, suggestions_for
from ticketing.queries.tag_suggestions import suggested_tags
from ticketing.queries.tickets import tags_of
from ticketing.services import changes
from ticketing.services.field_values import set_field
from ticketing.services.history import By, Happening, record
from ticketing.services.log_actions import ticket_named
from ticketing.services.moving import move_message
from ticketing.services.notes import add_note_of_rule
from ticketing.services.tag_learning import learn_dismissal


class SuggestionGone(DomainError):
    """It is not suggested any more."""


def answer_suggestion(ticket: Ticket, *, what: str, value: str, is_applied: bool, by: By) -> Suggestion:
    """The suggestion is applied, as any change by a person, or dismissed; either way it does not come again.

    Raises SuggestionGone if it is not suggested (any more), DomainError as the change does.
    """
    found = next((each for each in _suggested(ticket, what) if (each.what, each.value) == (what, value)), None)
    if found is None or (is_applied and not found.can_be_applied):
        raise SuggestionGone("This is not suggested any more. Reload the page.", code="suggestion_gone")
    with transaction.atomic():
        if is_applied:
            _apply(ticket, found, by=by)
        SuggestionAnswer.objects.get_or_create(
            ticket=ticket,
            what=found.what,
            value=found.value,
            defaults={"is_applied": is_applied, "membership": by.actor, "at": clock.now()},
        )
        if found.what == Suggested.TAG and not is_applied:
            _learn_dismissal(ticket, found.value, by=by)
    return found


def _suggested(ticket: Ticket, what: str) -> Iterator[Suggestion]:
    """Where it can come from: people's tags, and what a cleared ticket would have got."""
    if what == Suggested.TAG:
        for each in suggested_tags(ticket, has=tags_of(ticket)):
            yield Suggestion(Suggested.TAG, each.tag.name, each.tag.name, each.why)
    yield from suggestions_for(ticket)


def _learn_dismissal(ticket: Ticket, name: str, *, by: By) -> None:
    for tag in Tag.objects.filter(name=name):
        counters.take()
        learn_dismissal(ticket, tag_id=tag.pk, by=by)


def _apply(ticket: Ticket, found: Suggestion, *, by: By) -> None:
    if found.what == Suggested.TEAM:
        changes.set_team([ticket], team=Team.objects.get(pk=found.value), by=by)
    elif found.what == Suggested.ASSIGNEE:
        agent = Membership.objects.select_related("user").get(pk=found.value)
        changes.assign([ticket], assignee=agent, by=by)
        if found.turn is not None:
            TeamTurn.objects.update_or_create(team_id=found.turn, defaults={"membership": agent})
    elif found.what == Suggested.CATEGORY:
        changes.set_category([ticket], category=Category.objects.get(pk=found.value), by=by)
    elif found.what == Suggested.COMPANY:
        changes.set_company([ticket], company=Company.objects.get(pk=found.value), by=by)
    elif found.what == Suggested.STATUS:
        changes.change_status([ticket], status=Status(found.value), by=by)
    elif found.what == Suggested.PRIORITY:
        changes.set_priority([ticket], priority=Priority(found.value), by=by)
    elif found.what == Suggested.TAG:
        changes.add_tag([ticket], name=found.value, by=by)
    elif found.what == Suggested.FIELD:
        field = field_of(TicketField.objects.get(key=found.value))
        set_field([ticket], field=field, value=found.content, by=by)
    elif found.what == Suggested.CLOSING:
        changes.change_status([ticket], status=Status.CLOSED, by=by)
    else:
        _apply_besides(ticket, found, by=by)


def _apply_besides(ticket: Ticket, found: Suggestion, *, by: By) -> None:
    """What changes none of the ticket's properties, or takes something away."""
    if found.what == Suggested.TAG_OFF:
        for tag in Tag.objects.filter(name__iexact=found.value):
            changes.remove_tag(ticket, tag=tag, by=by)
    elif found.what == Suggested.PARTICIPANT:
        _add_participant(ticket, address=str(found.content), by=by)
    elif found.note is not None:
        counters.take()
        note = found.note
        add_note_of_rule(ticket.pk, rule_id=note.rule_id, rule_name=note.rule, text=note.text, by=by)
    elif found.what == Suggested.TICKET:
        target = ticket_named(found.value, by.actor) if by.actor else Ticket.objects.get(number=found.value)
        move_message(Message.objects.get(ticket=ticket), ticket=target, by=by)


def _add_participant(ticket: Ticket, *, address: str, by: By) -> None:
    """Answers to the mail that waits for one go there as well."""
    counters.take()
    message = answered_message(ticket)
    if message is None:
        raise SuggestionGone("Somebody has answered meanwhile. Reload the page.", code="suggestion_gone")
    MessageRecipient.objects.create(message=message, header=ADDED, address=address)
    record([Happening(ticket, EventKind.PARTICIPANT_ADDED, {"address": address})], by=by)
