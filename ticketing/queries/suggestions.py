"""What is suggested on a ticket that a person has called no spam: what it would have got when its mail came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.utils.translation import gettext as _

from helpdesk.accounts.models import Category, Company, Membership, Team
from mailboxes.models import RemoteMessage
from ticketing.fields.values import Value, field_of, shown
from ticketing.inbound.decisions import Action
from ticketing.inbound.reprocessing import ByRules, Note, Reprocessed, reprocess
from ticketing.inbound.rules.effects import Done
from ticketing.models import (
    ALLOWED_TRANSITIONS,
    EventKind,
    Message,
    MessageKind,
    MessageRecipient,
    Priority,
    SpamMark,
    Status,
    Suggested,
    SuggestionAnswer,
    Tag,
    Ticket,
    TicketField,
)
from ticketing.models.message import ADDED
from ticketing.reason_words import reason_words
from ticketing.rule_words import act_words

_SHOWN_CHARS = 200


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing that could be done to the ticket."""

    what: Suggested
    value: str  # an id, a word, a number or the key of a field
    name: str  # the value for people
    why: str
    can_be_applied: bool = True
    content: Value | None = None  # of a field, a participant
    note: Note | None = None  # of a rule
    turn: int | None = None  # the team in which it is the assignee's turn


@dataclass(frozen=True, slots=True)
class Offer:
    """Everything that is said about a ticket that was cleared."""

    suggestions: Sequence[Suggestion] = ()
    others: Sequence[str] = ()  # what rules would have done and what nobody can apply, in words


def suggestions_for(ticket: Ticket) -> list[Suggestion]:
    """What is not so yet and was neither applied nor dismissed; nothing for any but a ticket that was cleared."""
    return list(offer_for(ticket).suggestions)


def offer_for(ticket: Ticket) -> Offer:
    """The same, with what rules would have done besides."""
    if ticket.spam_mark != SpamMark.MANUAL_CLEAN:
        return Offer()
    found = reprocess(ticket)
    if found is None:
        return Offer()
    answered = set(SuggestionAnswer.objects.filter(ticket=ticket).values_list("what", "value"))
    open_ones = [each for each in _suggested(ticket, found) if (each.what.value, each.value) not in answered]
    return Offer(open_ones, [_other(done) for done in found.by_rules.others])


def _suggested(ticket: Ticket, found: Reprocessed) -> Iterator[Suggestion]:
    decision = found.decision
    if decision.action is Action.OPEN:
        yield from _defaults(ticket, found)
        yield from _tags(ticket, found)
        yield from _fields(ticket, found)
        yield from _by_rules(ticket, found.by_rules)
    elif decision.ticket_id is not None and decision.action is Action.ADD:
        number = str(decision.data.get("ticket", ""))
        is_all = Message.objects.filter(ticket=ticket).count() == 1
        yield Suggestion(Suggested.TICKET, number, f"#{number}", _words(found), can_be_applied=is_all)
    elif ticket.status != Status.CLOSED:
        yield Suggestion(Suggested.CLOSING, Status.CLOSED, str(Status.CLOSED.label), _words(found))


def _defaults(ticket: Ticket, found: Reprocessed) -> Iterator[Suggestion]:
    """What the mailbox gives its new tickets."""
    delivery, names = found.delivery, found.by_rules.names
    given = _("The mailbox, or a rule, gives it to such new tickets.")
    if delivery.team_id not in (None, ticket.team_id):
        for team in Team.objects.filter(pk=delivery.team_id):
            yield Suggestion(Suggested.TEAM, str(team.pk), team.name, _why(names, EventKind.TEAM_CHANGED, given))
    if delivery.assignee_id not in (None, ticket.assignee_id):
        for agent in Membership.objects.filter(pk=delivery.assignee_id).select_related("user"):
            why = _why(names, EventKind.ASSIGNEE_CHANGED, given)
            turn = next((team for team, whose in found.by_rules.turns.items() if whose == agent.pk), None)
            yield Suggestion(Suggested.ASSIGNEE, str(agent.pk), str(agent), why, turn=turn)
    if delivery.category_id not in (None, ticket.category_id):
        for category in Category.objects.filter(pk=delivery.category_id):
            why = _why(names, EventKind.CATEGORY_CHANGED, given)
            yield Suggestion(Suggested.CATEGORY, str(category.pk), category.path, why)
    if found.company_id not in (None, ticket.company_id):
        of_contact = _("It is the company of its contact.")
        for company in Company.objects.filter(pk=found.company_id):
            whose = given if delivery.company_id else of_contact
            yield Suggestion(Suggested.COMPANY, str(company.pk), company.name, whose)
    if delivery.priority not in (Priority.NORMAL, ticket.priority):
        why = _why(names, EventKind.PRIORITY_CHANGED, given)
        yield Suggestion(Suggested.PRIORITY, delivery.priority, str(Priority(delivery.priority).label), why)
    if found.status in ALLOWED_TRANSITIONS[ticket.status]:
        why = _why(names, EventKind.STATUS_CHANGED, _given())
        yield Suggestion(Suggested.STATUS, found.status, str(Status(found.status).label), why)


def _tags(ticket: Ticket, found: Reprocessed) -> Iterator[Suggestion]:
    """What it lacks, and what it has and a rule takes off."""
    if not (found.tags or found.by_rules.tags_off):
        return
    has = Tag.objects.filter(taggings__ticket=ticket).values_list("name", flat=True)
    there = {name.casefold() for name in has}
    for name in found.tags:
        if name.casefold() not in there:
            why = _why(found.by_rules.names, EventKind.TAG_ADDED, _given(), name.casefold())
            yield Suggestion(Suggested.TAG, name, name, why)
    for rule, name in found.by_rules.tags_off:
        if name.casefold() in there:
            yield Suggestion(Suggested.TAG_OFF, name, name, _of_rule(rule))


def _fields(ticket: Ticket, found: Reprocessed) -> Iterator[Suggestion]:
    """What mapping, commands and rules give custom fields."""
    if not found.fields:
        return
    rows = TicketField.objects.filter(key__in=list(found.fields), is_active=True).order_by("place", "id")
    for known in map(field_of, rows):
        value = found.fields[known.key]
        if ticket.fields.get(known.key) != value:
            name = f"{known.label}: {shown(known.kind, value)[:_SHOWN_CHARS]}"
            why = _why(found.by_rules.names, EventKind.FIELD_CHANGED, _given(), known.key)
            yield Suggestion(Suggested.FIELD, known.key, name, why, content=value)


def _by_rules(ticket: Ticket, does: ByRules) -> Iterator[Suggestion]:
    """Who would be on the ticket, and what would be noted in it."""
    if does.participants and answered_message(ticket) is not None:
        added = MessageRecipient.objects.filter(message__ticket=ticket, header=ADDED)
        there = set(added.values_list("address", flat=True))
        for rule, address in does.participants:
            if address not in there:
                yield Suggestion(Suggested.PARTICIPANT, _key(address), address, _of_rule(rule), content=address)
    for note in does.notes:
        name = note.text if len(note.text) <= _SHOWN_CHARS else f"{note.text[:_SHOWN_CHARS]}…"
        yield Suggestion(Suggested.NOTE, _key(f"{note.rule_id} {note.text}"), name, _of_rule(note.rule), note=note)


def answered_message(ticket: Ticket) -> Message | None:
    """The mail that the next answer goes to; None once somebody has answered: those answers go to whom that did."""
    mails = Message.objects.filter(ticket=ticket, kind__in=(MessageKind.INBOUND, MessageKind.OUTBOUND))
    newest: Message | None = mails.filter(is_automatic=False).order_by("-position").first()
    return newest if newest is not None and newest.kind == MessageKind.INBOUND else None


def _key(words: str) -> str:
    """What it is known by once it was answered: as long as that may be."""
    return sha256(words.encode()).hexdigest()[:40]


def _other(done: Done) -> str:
    does = {"does": act_words(done.action.act), "name": done.name, "rule": done.rule.name}
    return _("%(does)s “%(name)s” (rule “%(rule)s”)") % does


def _why(names: Mapping[tuple[EventKind, str], str], kind: EventKind, otherwise: str, what: str = "") -> str:
    """The rule that sets it, by name; else the words for what was set elsewhere."""
    rule = names.get((kind, what))
    return _of_rule(rule) if rule is not None else otherwise


def _of_rule(name: str) -> str:
    return _("The rule “%(rule)s” does so.") % {"rule": name}


def _given() -> str:
    return _("The mailbox, the mail or a rule gives it to such new tickets.")


def _words(found: Reprocessed) -> str:
    """The reason of the verdict, as the inbound log would say it."""
    return reason_words(RemoteMessage(reason_code=found.decision.reason, reason_data=dict(found.decision.data)))
