"""Rules act on mail that opens or answers a ticket, with its rows; history and log say which rule did what."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from helpdesk.accounts.models import BusinessHours, Category, Role, Team, TeamMember
from helpdesk.tenancy import counters
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import ExistingMail, Mailbox, Outcome, RemoteMessage
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from tests.factories.people import make_member
from tests.factories.tickets import add_message, make_ticket
from ticketing.inbound import process
from ticketing.inbound.rules.written import Action, Condition, Group
from ticketing.log_words import steps_of
from ticketing.models import (
    AnswerPolicy,
    AutomaticAnswer,
    CannedReply,
    EventKind,
    Message,
    MessageKind,
    MessageRecipient,
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
from ticketing.models.mapping import How, Moment, Source
from ticketing.models.rules import Act, AppliesTo, Compare, Look
from ticketing.outbound.recipients import recipients_for
from ticketing.queries.suggestions import suggestions_for
from ticketing.queries.tickets import linked_tickets
from ticketing.services.changes import mark_spam
from ticketing.services.history import By
from ticketing.services.mail_mapping import CopyInput, MappingInput, set_mapping
from ticketing.services.policy_version import policy_changed
from ticketing.services.rules.saving import RuleInput, create_rule, delete_rule, place_rule, switch_rule
from ticketing.services.suggestions import answer_suggestion
from ticketing.templatetags.ticket_events import event_words
from ticketing.templatetags.ticket_messages import message_people

pytestmark = [pytest.mark.django_db, pytest.mark.both]

STOVE = Condition(Look.SUBJECT, Compare.CONTAINS, ("stove",))


def add_rule(*does: Action, when: Group | Condition = STOVE, name: str = "Stoves", **more: Any) -> Rule:
    """A rule that is on."""
    group = when if isinstance(when, Group) else Group(parts=(when,))
    return create_rule(RuleInput(name, group, does, **more))


def came(mailbox: Mailbox, subject: str = "My stove hisses", **mail: Any) -> RemoteMessage:
    """What the log has of this mail."""
    [seen] = receive(mailbox, make_mail(subject=subject, **mail))
    return seen


def ticket_of(seen: RemoteMessage) -> Ticket:
    """The ticket that the mail is in."""
    found: Ticket = Ticket.objects.get(id=seen.ticket_id)
    return found


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


@pytest.fixture
def team(fernhollow: Any, in_fernhollow: Any) -> Any:
    """Repairs with three who can work on tickets, and one who cannot."""
    made = Team.objects.create(name="Repairs")
    members = [make_member(fernhollow, name=name) for name in ("Ada", "Ben", "Cleo")]
    viewer = make_member(fernhollow, role=Role.VIEWER)
    TeamMember.objects.bulk_create(TeamMember(team=made, membership=each) for each in (*members, viewer))
    made.people = members
    return made


def test_tickets_go_round_in_a_team_whatever_rule_gives_them(support: Any, team: Any) -> None:
    add_rule(Action(Act.TEAM, str(team.pk)), Action(Act.ASSIGN_TURN), name="Stoves")
    lamps = Condition(Look.SUBJECT, Compare.CONTAINS, ("lamp",))
    add_rule(Action(Act.ASSIGN_TURN, str(team.pk)), when=lamps, name="Lamps")
    seen = [came(support, subject) for subject in ("stove 1", "lamp 2", "stove 3", "stove 4")]
    assert [str(ticket_of(each).assignee) for each in seen] == ["Ada", "Ben", "Cleo", "Ada"]


def test_the_least_busy_gets_the_next_ticket_and_whose_turn_it_is_among_equals(support: Any, team: Any) -> None:
    add_rule(Action(Act.ASSIGN_LEAST, str(team.pk)))
    assert [str(ticket_of(came(support)).assignee) for _ in range(3)] == ["Ada", "Ben", "Cleo"]
    Ticket.objects.filter(assignee=team.people[1]).update(status=Status.SOLVED)
    assert [str(ticket_of(came(support)).assignee) for _ in range(2)] == ["Ben", "Cleo"]


@pytest.mark.parametrize("act", [Act.ASSIGN_TURN, Act.ASSIGN_LEAST])
def test_whose_turn_it_is_is_decided_anew_when_somebody_was_given_a_ticket_in_between(
    support: Any, team: Any, act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the plan of a mail with a file and its rows the file is written: anything may happen meanwhile."""
    add_rule(Action(act, str(team.pk)))
    write_contents = process.blobs.write_contents

    waiting = [True]

    def interrupted(contents: Any, **options: Any) -> Any:
        if not waiting:
            return write_contents(contents, **options)
        waiting.pop()
        with organization_scope(support.organization_id):
            counters.take(events=1)
            TeamTurn.objects.create(team=team, membership=team.people[0])
            make_ticket(assignee=team.people[0])
        return write_contents(contents, **options)

    monkeypatch.setattr(process.blobs, "write_contents", interrupted)
    assert str(ticket_of(came(support, files=[("plan.bin", b"plan")])).assignee) == "Ben"


@pytest.mark.req("S5.9", "S2.20")
def test_a_second_ticket_is_opened_for_another_team_once_and_both_say_so(support: Any, team: Any, people: Any) -> None:
    rule = add_rule(Action(Act.ALSO_OPEN, str(team.pk)), Action(Act.PRIORITY, "high"), name="Both")
    add_rule(Action(Act.ALSO_OPEN, str(team.pk)), name="Again")
    seen = came(support, message_id="both@customer.test", files=[("plan.bin", b"plan")])
    first, second = ticket_of(seen), Ticket.objects.get(team=team)
    assert Ticket.objects.count() == 2
    assert (second.requester_id, second.subject, second.priority) == (first.requester_id, first.subject, "high")
    copy = Message.objects.get(ticket=second)
    assert (copy.text, copy.from_address) == (Message.objects.get(ticket=first).text, "anna@customer.test")
    one, other = (message.attachments.get() for message in Message.objects.order_by("id"))
    assert (one.blob_id, one.public_id == other.public_id) == (other.blob_id, False)
    linked = {
        event.ticket_id: (event.data["ticket"], event.data["rule"])
        for event in TicketEvent.objects.filter(kind=EventKind.LINKED)
    }
    assert linked == {first.pk: (second.number, rule.pk), second.pk: (first.number, rule.pk)}
    assert [linked_tickets(each, actor=people.agent) for each in (first, second)] == [[second], [first]]
    answer = came(support, "Re: stove", answers="both@customer.test")
    assert (answer.outcome, answer.ticket_id) == (Outcome.ADDED, first.pk)
    (again,) = receive(
        support, make_mail(subject="My stove hisses", message_id="both@customer.test", files=[("plan.bin", b"plan")])
    )
    assert (again.outcome, Ticket.objects.count()) == (Outcome.DUPLICATE, 2)


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
    add_rule(Action(Act.NO_ACKNOWLEDGEMENT), name="Quiet")
    came(support, "A lamp", sender="Ben <ben@customer.test>")
    came(support)
    answers = dict(AutomaticAnswer.objects.values_list("recipient", "reason_data"))
    assert (answers["anna@customer.test"], answers["ben@customer.test"].get("rule")) == ({"rule": "Quiet"}, None)


@pytest.mark.parametrize(("value", "priority"), [("closed", "high"), ("open", "normal")])
def test_business_hours_are_those_at_which_the_mail_came(support: Any, value: str, priority: str) -> None:
    BusinessHours.objects.create(is_on=True, timezone="UTC", week=[""] * 7)
    add_rule(Action(Act.PRIORITY, "high"), when=Condition(Look.HOURS, Compare.IS, (value,)))
    assert ticket_of(came(support)).priority == priority


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


def test_a_second_ticket_has_no_more_prefixes_than_the_first(support: Any, team: Any) -> None:
    set_mapping(support, MappingInput(most_prefixes=0))
    add_rule(Action(Act.ALSO_OPEN, str(team.pk)))
    came(support, "Fwd: Re: My stove hisses")
    assert set(Ticket.objects.values_list("subject", flat=True)) == {"My stove hisses"}


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
