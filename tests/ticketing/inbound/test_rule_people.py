"""Rules add people to the answers of a ticket, and are suggested on tickets that were cleared of spam."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.tickets import add_message
from tests.ticketing.inbound.acting_rules import add_rule, came, ticket_of
from ticketing.inbound.rules.written import Action, Condition
from ticketing.models import EventKind, Message, MessageKind, MessageRecipient, Tag, TicketEvent, TicketField
from ticketing.models.mapping import How, Moment, Source
from ticketing.models.rules import Act, AppliesTo, Compare, Look, TeamTurn
from ticketing.outbound.recipients import recipients_for
from ticketing.queries.suggestions import offer_for, suggestions_for
from ticketing.services.changes import add_tag, mark_spam
from ticketing.services.history import By
from ticketing.services.mail_mapping import CopyInput, MappingInput, set_mapping
from ticketing.services.suggestions import answer_suggestion
from ticketing.templatetags.ticket_events import event_words
from ticketing.templatetags.ticket_messages import message_people

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def test_a_ticket_cleared_of_spam_is_suggested_what_rules_would_have_set(support: Any, team: Any) -> None:
    add_rule(Action(Act.TEAM, str(team.pk)), Action(Act.PRIORITY, "high"))
    seen = came(support, headers=[("X-Spam-Flag", "YES")])
    [ticket] = mark_spam([ticket_of(seen)], is_spam=False, by=By(cause="system"))
    assert {each.what: each.name for each in suggestions_for(ticket)} == {"team": "Repairs", "priority": "High"}


@pytest.mark.req("S3.21", "S3.22")
def test_a_ticket_cleared_of_spam_is_suggested_the_tags_and_fields_of_mapping_and_rules(support: Any) -> None:
    for key in ("type", "who"):
        TicketField.objects.create(key=key, label=key.title(), kind="text")
    copies = (CopyInput(Moment.NEW, Source.SENDER_ADDRESS, "who", How.REPLACE),)
    set_mapping(support, MappingInput(tags=("order",), values={"type": "Question"}, copies=copies))
    add_rule(Action(Act.ADD_TAG, "heat"), Action(Act.FIELD, "Incident", field="type"))
    seen = came(support, headers=[("X-Spam-Flag", "YES")])
    [ticket] = mark_spam([ticket_of(seen)], is_spam=False, by=By(cause="system"))
    found = suggestions_for(ticket)
    assert [(each.what, each.name) for each in found] == [
        ("tag", "order"),
        ("tag", "heat"),
        ("field", "Type: Incident"),
        ("field", "Who: anna@customer.test"),
    ]
    for each in found:
        answer_suggestion(ticket, what=each.what, value=each.value, is_applied=True, by=By(cause="system"))
    ticket.refresh_from_db()
    assert ticket.fields == {"type": "Incident", "who": "anna@customer.test"}
    assert set(Tag.objects.filter(taggings__ticket=ticket).values_list("name", flat=True)) == {"order", "heat"}
    assert suggestions_for(ticket) == []


@pytest.mark.req("S3.21", "S3.22")
def test_a_ticket_cleared_of_spam_is_suggested_what_else_rules_would_have_done(support: Any, team: Any) -> None:
    long = f"{'lab' * 20}@partner.test"
    rule = add_rule(
        Action(Act.STATUS, "hold"),
        Action(Act.PARTICIPANT, long),
        Action(Act.NOTE, "Ring {{ mail.sender }} about {{ ticket.number }}"),
        Action(Act.REMOVE_TAG, "cold"),
        Action(Act.ALSO_OPEN, str(team.pk)),
    )
    seen = came(support, headers=[("X-Spam-Flag", "YES")])
    by = By(cause="system")
    [ticket] = mark_spam([ticket_of(seen)], is_spam=False, by=by)
    add_tag([ticket], name="Cold", by=by)
    offer = offer_for(ticket)
    note = f"Ring Anna Berg <anna@customer.test> about {ticket.number}"
    assert [(each.what, each.name) for each in offer.suggestions] == [
        ("status", "On hold"),
        ("tag_off", "Cold"),
        ("participant", long),
        ("note", note),
    ]
    assert {each.why for each in offer.suggestions} == {"The rule “Stoves” does so."}
    assert offer.others == ["also open a ticket for “Repairs” (rule “Stoves”)"]
    for each in offer.suggestions:
        answer_suggestion(ticket, what=each.what, value=each.value, is_applied=True, by=by)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.has_notes, Tag.objects.filter(taggings__ticket=ticket).count()) == ("hold", True, 0)
    mail, written = Message.objects.order_by("position")
    assert [each.address for each in recipients_for(mail).cc] == [long]
    assert (written.kind, written.from_name, written.text) == (MessageKind.NOTE, "Stoves", note)
    event = TicketEvent.objects.get(kind=EventKind.NOTE_WRITTEN)
    assert (event.cause, event.data["rule"]) == ("system", rule.pk)
    assert suggestions_for(ticket) == []


def test_once_somebody_has_answered_nobody_is_suggested_for_cc_and_what_is_dismissed_stays_away(support: Any) -> None:
    add_rule(Action(Act.PARTICIPANT, "lab@partner.test"), Action(Act.NOTE, "Ring them"))
    by = By(cause="system")
    [ticket] = mark_spam([ticket_of(came(support, headers=[("X-Spam-Flag", "YES")]))], is_spam=False, by=by)
    add_message(ticket, kind=MessageKind.OUTBOUND)
    [note] = suggestions_for(ticket)
    answer_suggestion(ticket, what=note.what, value=note.value, is_applied=False, by=by)
    assert (suggestions_for(ticket), Message.objects.filter(kind=MessageKind.NOTE).count()) == ([], 0)


def test_whose_turn_it_was_is_suggested_and_had_the_turn_once_that_is_applied(
    support: Any, team: Any, people: Any
) -> None:
    add_rule(Action(Act.ASSIGN_TURN, str(team.pk)))
    [ticket] = mark_spam(
        [ticket_of(came(support, headers=[("X-Spam-Flag", "YES")]))], is_spam=False, by=By(cause="system")
    )
    [found] = suggestions_for(ticket)
    answer_suggestion(ticket, what=found.what, value=found.value, is_applied=True, by=By(cause="system"))
    ticket.refresh_from_db()
    assert TeamTurn.objects.get(team=team).membership_id == ticket.assignee_id is not None


def test_a_rule_adds_somebody_to_the_cc_of_answers_who_is_on_the_ticket_from_then_on(support: Any) -> None:
    rule = add_rule(Action(Act.PARTICIPANT, "Lab@Partner.test"), Action(Act.PARTICIPANT, "lab@partner.test"))
    came(support, message_id="first@customer.test")
    message = Message.objects.get()
    people = recipients_for(message)
    assert [[each.address for each in row] for row in (people.to, people.cc)] == [
        ["anna@customer.test"],
        ["lab@partner.test"],
    ]
    assert "answers also to lab@partner.test" in message_people(message)
    event = TicketEvent.objects.get(kind=EventKind.PARTICIPANT_ADDED)
    assert (event.cause, event.data["rule"]) == ("rule", rule.pk)
    assert event_words(event) == "added to Cc of answers <b>lab@partner.test</b>"
    came(support, "Re: stove", sender="lab@partner.test", answers="first@customer.test")
    came(support, "Re: stove", sender="eve@stranger.test", to="anna@customer.test", answers="first@customer.test")
    assert list(Message.objects.order_by("id").values_list("is_external", flat=True)) == [False, False, True]


def test_who_was_added_is_in_cc_of_later_answers_until_somebody_answers_without_them(support: Any) -> None:
    add_rule(
        Action(Act.PARTICIPANT, "lab@partner.test"),
        when=Condition(Look.SUBJECT, Compare.CONTAINS, ("hisses",)),
        applies_to=AppliesTo.BOTH,
    )
    ticket = ticket_of(came(support, message_id="first@customer.test"))

    def cc_of_answer() -> list[str]:
        return [each.address for each in recipients_for(ticket.messages.latest("position")).cc]

    came(support, "Still so", answers="first@customer.test")
    assert cc_of_answer() == ["lab@partner.test"]
    answer = add_message(ticket, kind=MessageKind.OUTBOUND)
    MessageRecipient.objects.create(message=answer, header="cc", address="Lab@partner.test")
    came(support, "Still so", answers="first@customer.test")
    assert cc_of_answer() == ["lab@partner.test"]
    add_message(ticket, kind=MessageKind.OUTBOUND)
    came(support, "Still so", answers="first@customer.test")
    assert cc_of_answer() == []
    came(support, "Re: it hisses", answers="first@customer.test")
    assert cc_of_answer() == ["lab@partner.test"]
