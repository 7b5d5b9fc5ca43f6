"""Rules act on mail that opens or answers a ticket, with its rows; history and log say which rule did what."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from helpdesk.accounts.models import BusinessHours, Category, Team
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import ExistingMail, Mailbox, Outcome
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from tests.ticketing.inbound.acting_rules import add_rule, came, ticket_of
from ticketing.inbound.rules.written import Action, Condition, Group
from ticketing.log_words import steps_of
from ticketing.models import (
    AnswerPolicy,
    AutomaticAnswer,
    CannedReply,
    EventKind,
    Message,
    MessageKind,
    Priority,
    Rule,
    RuleDay,
    Status,
    Tag,
    TeamTurn,
    Ticket,
    TicketEvent,
    TicketField,
)
from ticketing.models.rules import Act, AppliesTo, Compare, Look
from ticketing.services.policy_version import policy_changed
from ticketing.services.rules.saving import delete_rule, place_rule, switch_rule

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def test_a_rule_sets_what_it_says_and_the_history_names_it(support: Any, people: Any) -> None:
    team, category = Team.objects.create(name="Repairs"), Category.objects.create(name="Heat", path="Heat")
    rule = add_rule(
        Action(Act.TEAM, str(team.pk)),
        Action(Act.ASSIGN, str(people.agent.pk)),
        Action(Act.CATEGORY, str(category.pk)),
        Action(Act.PRIORITY, Priority.URGENT),
        Action(Act.STATUS, Status.OPEN),
        Action(Act.ADD_TAG, "safety"),
        Action(Act.NOTE, "Ask for the <serial> number."),
    )
    seen = came(support)
    ticket = ticket_of(seen)
    assert (ticket.team_id, ticket.assignee_id, ticket.category_id) == (team.pk, people.agent.pk, category.pk)
    assert (ticket.priority, ticket.status, [str(tag) for tag in ticket.tags.all()]) == ("urgent", "open", ["safety"])
    events = list(TicketEvent.objects.filter(ticket=ticket, cause="rule").order_by("position"))
    assert [each.kind for each in events] == [
        EventKind.TEAM_CHANGED,
        EventKind.ASSIGNEE_CHANGED,
        EventKind.CATEGORY_CHANGED,
        EventKind.PRIORITY_CHANGED,
        EventKind.STATUS_CHANGED,
        EventKind.TAG_ADDED,
        EventKind.NOTE_WRITTEN,
    ]
    assert {(each.data["rule"], each.data["rule_name"]) for each in events} == {(rule.pk, "Stoves")}
    assert (events[0].data["from"], events[0].data["to"]) == ("", "Repairs")
    assert (ticket.last_position, ticket.has_notes, ticket.message_count) == (events[-1].position, True, 2)
    note = Message.objects.get(kind=MessageKind.NOTE)
    assert (note.from_name, "&lt;serial&gt;" in note.html, note.position) == ("Stoves", True, events[-1].position)
    told = next(each for each in seen.trace if isinstance(each, dict))
    assert (told["rule"], told["hits"]) == (rule.pk, [{"look": "subject", "found": "stove"}])
    assert RuleDay.objects.get(rule=rule).hits == 1


def by_rules(ticket: Ticket) -> list[tuple[str, str]]:
    """What rules changed about the ticket: rule and kind."""
    events = TicketEvent.objects.filter(ticket=ticket, cause="rule").order_by("position")
    return [(event.data["rule_name"], event.kind) for event in events]


def test_of_what_two_rules_set_the_later_one_wins_and_it_happens_once(support: Any) -> None:
    add_rule(Action(Act.PRIORITY, "high"), Action(Act.ADD_TAG, "heat"), name="First")
    add_rule(Action(Act.PRIORITY, "low"), Action(Act.REMOVE_TAG, "heat"), Action(Act.STOP), name="Second")
    add_rule(Action(Act.PRIORITY, "urgent"), name="Third")
    seen = came(support)
    ticket = ticket_of(seen)
    assert (ticket.priority, ticket.tags.count()) == ("low", 0)
    assert by_rules(ticket) == [("Second", EventKind.PRIORITY_CHANGED)]
    words = {step.title: step.text for step in steps_of(seen)}
    assert "“stove” in subject" in words["Rule “First” matches"]
    assert "set priority High (a later action sets it otherwise)" in words["Rule “First” matches"]
    assert "stop" in words["Rule “Second” matches"]
    assert "Rule “Third” matches" not in words


def test_answers_are_looked_at_only_where_the_rule_says_so(support: Any) -> None:
    add_rule(Action(Act.ADD_TAG, "Heat"), name="New")
    add_rule(Action(Act.REMOVE_TAG, "heat"), Action(Act.STATUS, "hold"), applies_to=AppliesTo.ANSWERS, name="Answers")
    ticket = ticket_of(came(support, message_id="first@customer.test"))
    assert ([str(tag) for tag in ticket.tags.all()], ticket.status) == (["Heat"], "new")
    answer = came(support, "Re: stove", answers="first@customer.test")
    ticket.refresh_from_db()
    assert answer.outcome == Outcome.ADDED
    assert (ticket.tags.count(), ticket.status, ticket.needs_reply) == (0, "hold", True)
    assert by_rules(ticket)[1:] == [("Answers", EventKind.STATUS_CHANGED), ("Answers", EventKind.TAG_REMOVED)]
    assert ticket.last_position == TicketEvent.objects.filter(ticket=ticket).order_by("-position")[0].position


def test_a_solved_ticket_waits_for_nobody_and_no_status_is_set_that_cannot_follow(support: Any) -> None:
    rule = add_rule(Action(Act.STATUS, "solved"))
    solved = ticket_of(came(support))
    assert (solved.status, solved.needs_reply, solved.waiting_since) == ("solved", False, None)
    assert solved.solved_at is not None
    switch_rule(rule, is_active=False)
    add_rule(Action(Act.STATUS, "new"), applies_to=AppliesTo.BOTH, name="Back")
    ticket = ticket_of(came(support, message_id="second@customer.test"))
    Ticket.objects.filter(pk=ticket.pk).update(status=Status.OPEN)
    seen = came(support, "Re: stove", answers="second@customer.test")
    ticket.refresh_from_db()
    assert ticket.status == Status.OPEN
    assert "cannot go there" in next(step.text for step in steps_of(seen) if step.rule_id)


@pytest.mark.req("S2.17")
@pytest.mark.parametrize("is_history", [True, False])
def test_mail_of_the_history_is_sorted_and_nobody_is_given_it_told_of_it_or_answered(
    support: Any, people: Any, team: Any, is_history: bool
) -> None:
    Mailbox.objects.update(existing_mail=ExistingMail.OPEN)
    category, other = Category.objects.create(name="Heat", path="Heat"), Team.objects.create(name="Legal")
    reply = CannedReply.objects.create(name="Serial", html="<p>Which?</p>")
    left = (
        Action(Act.ASSIGN_TURN),
        Action(Act.ASSIGN, str(people.agent.pk)),
        Action(Act.STATUS, Status.OPEN),
        Action(Act.NOTE, "Look at this."),
        Action(Act.ALSO_OPEN, str(other.pk)),
        Action(Act.CANNED, str(reply.pk)),
        Action(Act.PARTICIPANT, "boss@elsewhere.test"),
    )
    quiet = (
        Action(Act.TEAM, str(team.pk)),
        Action(Act.CATEGORY, str(category.pk)),
        Action(Act.PRIORITY, Priority.HIGH),
        Action(Act.ADD_TAG, "old"),
    )
    add_rule(*quiet, *left)
    [seen] = receive(support, make_mail(subject="My stove hisses"), is_history=is_history)
    ticket = ticket_of(seen)
    assert (ticket.team_id, ticket.category_id, ticket.priority, str(ticket.tags.get())) == (
        team.pk,
        category.pk,
        "high",
        "old",
    )
    done = next(each for each in seen.trace if isinstance(each, dict))["did"]
    whys = [each.get("left") for each in done if each["act"] in {action.act for action in left}]
    assert (whys == ["history"] * len(left)) is is_history
    assert (Ticket.objects.count(), Message.objects.filter(kind=MessageKind.NOTE).exists()) == (
        (1, False) if is_history else (2, True)
    )
    assert (ticket.assignee_id, TeamTurn.objects.exists()) == (None if is_history else people.agent.pk, False)
    assert AutomaticAnswer.objects.exists() is not is_history
    assert ("history is only sorted" in " ".join(step.text for step in steps_of(seen))) is is_history


@pytest.mark.req("S3.22")
def test_spam_is_left_alone(support: Any) -> None:
    add_rule(Action(Act.ADD_TAG, "heat"), when=Group())
    seen = came(support, headers=[("X-Spam-Flag", "YES")])
    assert (seen.outcome, ticket_of(seen).tags.count(), RuleDay.objects.count()) == (Outcome.SPAM, 0, 0)


def test_what_a_rule_names_and_is_gone_keeps_no_mail_from_coming_in(support: Any, people: Any) -> None:
    team, category = Team.objects.create(name="Repairs"), Category.objects.create(name="Heat", path="Heat")
    add_rule(
        Action(Act.TEAM, str(team.pk)),
        Action(Act.ASSIGN, str(people.viewer.pk)),
        Action(Act.CATEGORY, str(category.pk)),
        Action(Act.ALSO_OPEN, str(team.pk)),
        Action(Act.ASSIGN_TURN, ""),
        Action(Act.PRIORITY, "high"),
    )
    team.delete()
    Category.objects.update(is_active=False)
    seen = came(support)
    ticket = ticket_of(seen)
    assert (ticket.team_id, ticket.assignee_id, ticket.category_id, ticket.priority) == (None, None, None, "high")
    told = next(each for each in seen.trace if isinstance(each, dict))
    assert [each.get("left") for each in told["did"]] == ["gone", "gone", "gone", "gone", "no_team", None]


def test_a_change_of_the_rules_is_heeded_by_the_next_mail(support: Any) -> None:
    first = add_rule(Action(Act.PRIORITY, "high"), name="First")
    second = add_rule(Action(Act.PRIORITY, "low"), name="Second")
    assert ticket_of(came(support)).priority == "low"
    assert place_rule(second, place=1) == 1
    assert ticket_of(came(support)).priority == "high"
    delete_rule(first)
    assert ticket_of(came(support)).priority == "low"
    switch_rule(second, is_active=False)
    assert ticket_of(came(support)).priority == "normal"
    assert sum(RuleDay.objects.filter(rule=second).values_list("hits", flat=True)) == 3


def test_rules_that_do_not_match_cost_no_query(support: Any) -> None:
    came(support)
    add_rule(Action(Act.PRIORITY, "high"), when=Condition(Look.BODY, Compare.CONTAINS, ("nothing like it",)))
    came(support)
    with CaptureQueriesContext(connection) as with_rule:
        came(support)
    Rule.objects.all().delete()
    policy_changed()
    came(support)
    with CaptureQueriesContext(connection) as without:
        came(support)
    assert len(with_rule) == len(without)


def test_rules_are_one_organizations(support: Any, people: Any) -> None:
    add_rule(Action(Act.PRIORITY, "high"), when=Group())
    with organization_scope(people.stranger.organization_id):
        other = make_mailbox(address="support@otherco.test")
        assert ticket_of(came(other)).priority == "normal"
    assert Tag.objects.count() == 0


@pytest.mark.req("S4.60")
def test_the_type_and_other_fields_are_set_and_what_they_do_not_take_is_left(support: Any) -> None:
    TicketField.objects.update_or_create(
        key="type", defaults={"label": "Type", "kind": "choice", "choices": ["Question", "Incident"]}
    )
    TicketField.objects.create(key="units", label="Units", kind="number")
    add_rule(
        Action(Act.FIELD, "question", "type"),
        Action(Act.FIELD, "incident", "type"),
        Action(Act.FIELD, "7", "units"),
    )
    TicketField.objects.filter(key="units").update(is_active=False)
    seen = came(support, message_id="first@customer.test")
    ticket = ticket_of(seen)
    assert ticket.fields == {"type": "Incident"}
    told = next(each for each in seen.trace if isinstance(each, dict))
    assert [each.get("left") for each in told["did"]] == ["overruled", None, "gone"]
    event = TicketEvent.objects.get(kind=EventKind.FIELD_CHANGED)
    assert (event.cause, event.data["label"], event.data["to"]) == ("rule", "Type", "Incident")
    add_rule(Action(Act.FIELD, "", "type"), applies_to=AppliesTo.ANSWERS, name="Off")
    came(support, "Re: stove", answers="first@customer.test")
    ticket.refresh_from_db()
    assert ticket.fields == {}


def test_a_rule_withholds_the_acknowledgement_and_its_reason_names_the_rule(support: Any) -> None:
    AnswerPolicy.objects.create(acknowledges=True)
    rule = add_rule(Action(Act.NO_ACKNOWLEDGEMENT), name="Quiet")
    came(support, "A lamp", sender="Ben <ben@customer.test>")
    came(support)
    answers = dict(AutomaticAnswer.objects.values_list("recipient", "reason_data"))
    why = {"rule": "Quiet", "rule_id": rule.pk}
    assert (answers["anna@customer.test"], answers["ben@customer.test"].get("rule")) == (why, None)


@pytest.mark.parametrize(("value", "priority"), [("closed", "high"), ("open", "normal")])
def test_business_hours_are_those_at_which_the_mail_came(support: Any, value: str, priority: str) -> None:
    BusinessHours.objects.create(is_on=True, timezone="UTC", week=[""] * 7)
    add_rule(Action(Act.PRIORITY, "high"), when=Condition(Look.HOURS, Compare.IS, (value,)))
    assert ticket_of(came(support)).priority == priority
