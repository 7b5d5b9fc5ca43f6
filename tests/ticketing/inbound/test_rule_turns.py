"""Rules give tickets to people in turn or to the least busy, and open a second one for another team."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.tenancy import counters
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Outcome
from tests.factories.incoming import make_mail, receive
from tests.factories.tickets import make_ticket
from tests.ticketing.inbound.acting_rules import add_rule, came, ticket_of
from ticketing.inbound import process
from ticketing.inbound.rules.written import Action, Condition
from ticketing.models import EventKind, Message, Status, TeamTurn, Ticket, TicketEvent
from ticketing.models.rules import Act, Compare, Look
from ticketing.queries.tickets import linked_tickets
from ticketing.services.mail_mapping import MappingInput, set_mapping

pytestmark = [pytest.mark.django_db, pytest.mark.both]


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


def test_a_second_ticket_has_no_more_prefixes_than_the_first(support: Any, team: Any) -> None:
    set_mapping(support, MappingInput(most_prefixes=0))
    add_rule(Action(Act.ALSO_OPEN, str(team.pk)))
    came(support, "Fwd: Re: My stove hisses")
    assert set(Ticket.objects.values_list("subject", flat=True)) == {"My stove hisses"}
