"""Commands in the body of real mails: agents set fields, others are told apart, and troubles are said as it is set."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import Category, Company, Organization, Team
from helpdesk.lib import clock, files
from mailboxes.models import Mailbox, OutboxMessage
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_outgoing_server
from tests.factories.proven import PROVEN, believe
from tests.ticketing.mail.test_forwards import APPLE, FRENCH, GMAIL, OUTLOOK
from ticketing.command_words import refusal_words
from ticketing.fields.commands import Trouble
from ticketing.models import EventKind, FieldKind, Status, Tag, Ticket, TicketEvent, TicketField
from ticketing.models.contact_group import ContactGroup, GroupMember, GroupRight
from ticketing.models.mapping import How, Moment, Source, ThenDo
from ticketing.reason_words import reason_words
from ticketing.services.mail_changes import can_be_undone
from ticketing.services.mail_mapping import CopyInput, MappingInput, TroubleInput, set_mapping
from ticketing.services.policy_version import policy_changed
from ticketing.templatetags.ticket_events import event_words

pytestmark = pytest.mark.django_db
BLOCK = "{text}\n\n--- Ticket details [en] ---\n{lines}\n---\n"


@pytest.fixture
def agent(support: Any, people: Any) -> str:
    """Whose commands are followed, in a mailbox that reads them, with fields, a team and a category to name."""
    TicketField.objects.create(key="type", label="Type", kind=FieldKind.CHOICE, choices=["Question", "Incident"])
    TicketField.objects.create(key="parts", label="Parts", kind=FieldKind.CHOICES, choices=["Lamp", "Door"])
    Team.objects.create(name="Orders")
    Category.objects.create(name="Printer", path="Hardware / Printer")
    set_mapping(support, MappingInput(reads_commands=True, values={"parts": ["Lamp"]}))
    believe()
    return str(people.agent.user.email)


def letter(sender: str, *lines: str, headers: Sequence[tuple[str, str]] = (), **mail: Any) -> bytes:
    """Whose sender is proven."""
    text = BLOCK.format(text="The lamp does not work.", lines="\n".join(lines))
    return make_mail(sender=sender, text=text, headers=[*PROVEN, *headers], **mail)


@pytest.mark.both
@pytest.mark.req("S5.51", "S5.54", "S5.86")
def test_an_agents_commands_set_fields_of_a_new_ticket_and_of_an_answered_one(support: Any, agent: str) -> None:
    routing = ("Priority: high", "Team: Orders", "Category: hardware / printer", "Tags: vip")
    [seen] = receive(
        support, letter(agent, "Type: Incident", *routing, "Parts: Door", message_id="first@fernhollow.test")
    )
    ticket = Ticket.objects.get()
    assert ticket.fields == {"type": "Incident", "parts": ["Door"]}
    assert (ticket.priority, str(ticket.team), str(ticket.category)) == ("high", "Orders", "Hardware / Printer")
    assert [tag.name for tag in ticket.tags.all()] == ["vip"]
    assert "the mail gave Type, Parts, priority, team, category, tags" in reason_words(seen)
    more = ("Type: Question", "Priority: low", "Tags: vip, late")
    receive(support, letter(agent, *more, answers="first@fernhollow.test"))
    ticket.refresh_from_db()
    assert (ticket.fields["type"], ticket.priority, ticket.team_id is not None) == ("Question", "low", True)
    assert sorted(tag.name for tag in ticket.tags.all()) == ["late", "vip"]
    told = TicketEvent.objects.filter(cause="mail").order_by("-position").values_list("kind", flat=True)[:3]
    assert list(told) == [EventKind.TAG_ADDED, EventKind.PRIORITY_CHANGED, EventKind.FIELD_CHANGED]


@pytest.mark.both
@pytest.mark.req("S5.51", "S5.54")
def test_commands_set_status_agent_and_company_of_new_and_answered_tickets(
    support: Any, agent: str, people: Any
) -> None:
    Organization.objects.update(serves_companies=True)
    acme = Company.objects.create(name="Acme")
    lines = ("Status: on hold", f"Assignee: {people.owner.user.email.upper()}", "Company: acme")
    [seen] = receive(support, letter(agent, *lines, message_id="first@fernhollow.test"))
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.assignee, ticket.company) == (Status.HOLD, people.owner, acme)
    assert "the mail gave assignee, company, status" in reason_words(seen)
    more = ("Status: solved", f"Assignee: {people.agent.user.name}")
    receive(support, letter(agent, *more, answers="first@fernhollow.test"))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.assignee, ticket.needs_reply) == (Status.SOLVED, people.agent, False)
    assert ticket.solved_at is not None
    told = TicketEvent.objects.filter(cause="mail").order_by("position").values_list("kind", "data")[2:]
    assert [(kind, data["from"], data["to"]) for kind, data in told] == [
        (EventKind.STATUS_CHANGED, Status.HOLD, Status.SOLVED),
        (EventKind.ASSIGNEE_CHANGED, str(people.owner), str(people.agent)),
    ]


@pytest.mark.req("S5.55")
def test_a_name_of_two_people_a_viewer_and_a_company_where_none_is_served_are_refused(
    support: Any, agent: str, people: Any
) -> None:
    for member in (people.owner, people.admin):
        type(member.user).objects.filter(pk=member.user_id).update(name="Robin Vale")
    Company.objects.create(name="Acme")
    lines = ("Assignee: Robin Vale", f"Assignee: {people.viewer.user.email}", "Company: Acme")
    receive(support, letter(agent, *lines))
    ticket = Ticket.objects.get()
    assert (ticket.assignee, ticket.company) == (None, None)
    refused = TicketEvent.objects.get(kind=EventKind.COMMANDS_REFUSED)
    assert [each["line"] for each in refused.data["lines"]] == list(lines)


@pytest.mark.req("S5.54")
def test_commands_add_to_what_mapping_gave_where_that_is_set(support: Any, agent: str) -> None:
    data = MappingInput(reads_commands=True, values={"parts": ["Lamp"]}, command_how=How.APPEND, version=1)
    set_mapping(support, data)
    receive(support, letter(agent, "Parts: Door"))
    assert Ticket.objects.get().fields == {"parts": ["Lamp", "Door"]}


@pytest.mark.req("S5.86", "S5.55")
@pytest.mark.parametrize(
    ("sender", "reads", "headers", "refused"),
    [
        ("anna@customer.test", True, [], True),
        ("", False, [], False),
        ("", True, [("Auto-Submitted", "auto-generated")], False),
    ],
)
def test_nobody_elses_commands_set_anything(
    support: Any, agent: str, sender: str, reads: bool, headers: list[tuple[str, str]], refused: bool
) -> None:
    set_mapping(support, MappingInput(reads_commands=reads, version=1))
    receive(support, letter(sender or agent, "Type: Incident", headers=headers))
    assert Ticket.objects.get().fields == {}
    assert TicketEvent.objects.filter(kind=EventKind.COMMANDS_REFUSED).exists() is refused
    assert not Tag.objects.exists()


@pytest.mark.both
@pytest.mark.req("S5.54")
@pytest.mark.parametrize("clears", [True, False])
def test_a_name_without_a_value_takes_it_off_where_that_is_set(
    support: Any, people: Any, agent: str, clears: bool
) -> None:
    set_mapping(support, MappingInput(reads_commands=True, command_clears=clears, version=1))
    team = Team.objects.create(name="Repairs")
    receive(support, letter(agent, "Type: Incident", "Team: Repairs", message_id="first@x.test"))
    ticket = Ticket.objects.get()
    assert (ticket.fields, ticket.team) == ({"type": "Incident"}, team)
    receive(support, letter(agent, "Type:", "Team:", answers="first@x.test"))
    ticket.refresh_from_db()
    assert (ticket.fields, ticket.team) == (({}, None) if clears else ({"type": "Incident"}, team))
    told = TicketEvent.objects.filter(kind__in=[EventKind.FIELD_CHANGED, EventKind.TEAM_CHANGED]).order_by("position")
    assert [event.data["to"] for event in told] == ([None, ""] if clears else [])


def test_what_a_mail_changed_is_taken_back_from_the_history(
    support: Any, people: Any, agent: str, signed_in: Callable[[Any], Client]
) -> None:
    set_mapping(support, MappingInput(reads_commands=True, command_clears=True, version=1))
    receive(support, letter(agent, "Type: Incident", "Team: Orders", message_id="first@x.test"))
    receive(support, letter(agent, "Type:", "Team:", "Priority: high", answers="first@x.test"))
    ticket, client = Ticket.objects.get(), signed_in(people.agent)
    address = f"/o/fernhollow/tickets/{ticket.number}/"
    page = client.get(address).content.decode()
    asked = re.findall(r'value="(\d+)">Undo: (\w+)<', page)
    assert {name for _position, name in asked} == {"Type", "team", "priority"}
    Ticket.objects.update(priority="urgent")
    said = [
        client.post(
            f"{address}changes/mail-change/", {"value": position, "next": address}, follow=True
        ).content.decode()
        for position, _name in asked
    ]
    ticket.refresh_from_db()
    assert (ticket.fields, str(ticket.team), ticket.priority) == ({"type": "Incident"}, "Orders", "urgent")
    assert sum("It was changed since, and stays as it is." in each for each in said) == 1
    assert "Undo: " not in client.get(address).content.decode()
    assert (
        "This cannot be taken back"
        in client.post(f"{address}changes/mail-change/", {"value": "1"}, follow=True).content.decode()
    )


def test_of_a_long_text_the_history_takes_nothing_back_unless_all_of_it_went(support: Any, agent: str) -> None:
    TicketField.objects.create(key="log", label="Log", kind=FieldKind.LONG_TEXT)
    copies = [CopyInput(when, Source.BODY, "log", How.APPEND) for when in Moment]
    set_mapping(support, MappingInput(reads_commands=True, command_clears=True, copies=copies, version=1))
    long = "Line.\n" * 100
    receive(support, make_mail(sender=agent, message_id="first@x.test", text=long))
    receive(support, make_mail(sender=agent, answers="first@x.test", text=long))
    receive(support, letter(agent, "Log:", answers="first@x.test"))
    told = list(TicketEvent.objects.filter(kind=EventKind.FIELD_CHANGED).order_by("position"))
    assert [can_be_undone(Ticket.objects.get(), event) for event in told] == [False, True]
    assert len(told[1].data["from"]) > 1000


@pytest.mark.both
@pytest.mark.req("S5.55")
@pytest.mark.parametrize("then", list(ThenDo))
def test_what_is_not_followed_is_passed_over_said_or_mailed(support: Any, agent: str, then: ThenDo) -> None:
    Mailbox.objects.update(outgoing=make_outgoing_server())
    trouble = TroubleInput(then, "ops@elsewhere.test", "Please have a look.")
    set_mapping(support, MappingInput(reads_commands=True, troubles={Trouble.VALUE: trouble}, version=1))
    [seen] = receive(support, letter(agent, "Type: <Wish>", "Parts: Door"))
    assert Ticket.objects.get().fields == {"parts": ["Door"]}
    assert "Commands that were not followed: “Type: <Wish>”" in reason_words(seen)
    events = TicketEvent.objects.filter(kind=EventKind.COMMANDS_REFUSED)
    assert [("&lt;Wish&gt;" in event_words(event)) for event in events] == ([] if then is ThenDo.IGNORE else [True])
    written = OutboxMessage.objects.filter(cause_id="commands")
    assert [row.recipients.get().address for row in written] == (["ops@elsewhere.test"] if then is ThenDo.MAIL else [])
    assert all(b"Please have a look." in files.read(row.storage_key) for row in written)


@pytest.mark.req("S5.55")
@pytest.mark.parametrize("heeded", [Trouble.UNKNOWN, Trouble.VALUE, Trouble.RIGHT])
def test_unknown_fields_bad_values_and_missing_rights_are_set_apart(support: Any, agent: str, heeded: Trouble) -> None:
    group = ContactGroup.objects.create(name="Partners", created_at=clock.now())
    GroupMember.objects.create(group=group, domain="customer.test")
    GroupRight.objects.create(group=group, fields=["field:type"])
    policy_changed()
    passed_over = dict.fromkeys(set(Trouble) - {heeded}, TroubleInput(ThenDo.IGNORE))
    set_mapping(support, MappingInput(reads_commands=True, troubles=passed_over, version=1))
    lines = {Trouble.UNKNOWN: "Colour: red", Trouble.VALUE: "Type: Wish", Trouble.RIGHT: "Priority: high"}
    receive(support, letter("anna@customer.test", *lines.values()))
    told = TicketEvent.objects.get(kind=EventKind.COMMANDS_REFUSED)
    assert [(each["trouble"], each["line"]) for each in told.data["lines"]] == [(heeded, lines[heeded])]


@pytest.mark.parametrize("trouble", [*Trouble, "field"])
def test_every_trouble_has_words_and_so_has_the_one_of_former_histories(trouble: str) -> None:
    assert refusal_words(trouble, line="Colour: red").removeprefix("“Colour: red” ") not in ("", trouble)


@pytest.mark.req("S5.55")
def test_a_mail_that_cannot_be_written_is_said_on_the_ticket(support: Any, agent: str) -> None:
    trouble = TroubleInput(ThenDo.MAIL, "ops@elsewhere.test")
    set_mapping(support, MappingInput(reads_commands=True, troubles={Trouble.UNKNOWN: trouble}, version=1))
    receive(support, letter(agent, "Colour: red"))
    told = TicketEvent.objects.get(kind=EventKind.COMMANDS_REFUSED)
    assert "could not be written" in event_words(told)


@pytest.mark.req("S5.86")
@pytest.mark.parametrize("forwarded", [APPLE, FRENCH, GMAIL, OUTLOOK])
def test_commands_in_a_mail_that_an_agent_passes_on_are_not_the_agents(
    support: Any, agent: str, forwarded: str
) -> None:
    block = BLOCK.format(text="", lines="Priority: high")
    receive(support, make_mail(sender=agent, subject="Fwd: Lamp", text=f"{forwarded}{block}", headers=PROVEN))
    assert Ticket.objects.get().priority == "normal"
    receive(support, make_mail(sender=agent, subject="Fwd: Lamp", text=f"{block}{forwarded}", headers=PROVEN))
    assert Ticket.objects.latest("id").priority == "high"


def test_commands_in_a_quote_are_not_followed(support: Any, agent: str) -> None:
    receive(support, make_mail(message_id="first@customer.test"))
    quoted = "\n".join(f"> {line}" for line in BLOCK.format(text="Hi", lines="Type: Incident").splitlines())
    text = f"Thanks.\n\nOn Mon, 23 Nov 2026 at 10:12, Ines <{agent}> wrote:\n{quoted}\n"
    mail = {"to": "anna@customer.test", "answers": "first@customer.test", "headers": PROVEN}
    receive(support, make_mail(sender=agent, text=text, **mail))
    assert "type" not in Ticket.objects.get().fields


@pytest.mark.req("S5.86")
@pytest.mark.parametrize(("fields", "kind"), [(["field:type"], "Incident"), (["*"], "Incident"), (["priority"], None)])
def test_contacts_set_what_their_group_may(support: Any, agent: str, fields: list[str], kind: str | None) -> None:
    group = ContactGroup.objects.create(name="Partners", created_at=clock.now())
    GroupMember.objects.create(group=group, domain="customer.test")
    GroupRight.objects.create(group=group, mailbox=support, fields=fields)
    policy_changed()
    receive(support, letter("anna@customer.test", "Type: Incident"))
    ticket = Ticket.objects.get()
    assert ticket.fields.get("type") == kind
    assert TicketEvent.objects.filter(kind=EventKind.COMMANDS_REFUSED).exists() is (kind is None)


@pytest.mark.both
@pytest.mark.req("S5.86")
@pytest.mark.parametrize(
    ("own", "others", "kind"), [(False, False, None), (True, False, "Incident"), (False, True, "Incident")]
)
def test_by_an_answer_contacts_set_fields_only_with_the_right_to_add(
    support: Any, agent: str, own: bool, others: bool, kind: str | None
) -> None:
    for name, may_update, fields in (("Partners", own, ["*"]), ("Helpers", others, [])):
        group = ContactGroup.objects.create(name=name, created_at=clock.now())
        GroupMember.objects.create(group=group, domain="customer.test")
        GroupRight.objects.create(group=group, mailbox=support, may_update=may_update, fields=fields)
    policy_changed()
    receive(support, letter("anna@customer.test", "Priority: high", message_id="first@customer.test"))
    receive(support, letter("anna@customer.test", "Type: Incident", answers="first@customer.test"))
    ticket = Ticket.objects.get()
    assert (ticket.priority, ticket.message_count, ticket.fields.get("type")) == ("high", 2, kind)
    refused = TicketEvent.objects.filter(kind=EventKind.COMMANDS_REFUSED).values_list("data", flat=True)
    assert [each["trouble"] for data in refused for each in data["lines"]] == ([] if kind else [Trouble.RIGHT])
