"""New tickets of a mailbox have its team, agent and priority; who is gone leaves nobody behind, and the reason."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.accounts.models import Category, Company, Membership, Organization, Role, Team
from helpdesk.accounts.services.teams import delete_team
from mailboxes.models import Mailbox, TicketPriority
from tests.factories.incoming import make_mail, receive
from ticketing.models import Contact, Priority, Status, Ticket, TicketEvent
from ticketing.reason_words import reason_words
from ticketing.templatetags.ticket_events import event_words

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def test_the_words_of_priority_are_the_same_in_both_layers() -> None:
    assert TicketPriority.values == Priority.values


@pytest.mark.req("S4.23", "S5.8")
def test_a_new_ticket_has_what_the_mailbox_says(support: Any, people: Any) -> None:
    team = Team.objects.create(name="Orders")
    Mailbox.objects.update(team=team, assignee=people.agent, ticket_priority="high")
    receive(support, make_mail())
    ticket = Ticket.objects.get()
    assert (ticket.team, ticket.assignee, ticket.priority) == (team, people.agent, "high")


@pytest.mark.req("S4.24")
def test_a_new_ticket_has_the_category_of_the_mailbox(support: Any, people: Any) -> None:
    printers = Category.objects.create(name="Printer", path="Hardware / Printer")
    Mailbox.objects.update(category=printers)
    receive(support, make_mail())
    assert Ticket.objects.get().category == printers


@pytest.mark.req("S4.24")
def test_a_retired_category_is_given_no_more_and_it_is_said(support: Any, people: Any) -> None:
    Mailbox.objects.update(category=Category.objects.create(name="Fax", path="Fax & co", is_active=False))
    [seen] = receive(support, make_mail())
    assert Ticket.objects.get().category is None
    assert "It has no category: Fax & co" in reason_words(seen)
    assert "<b>Fax &amp; co</b>" in event_words(TicketEvent.objects.order_by("position")[0])


@pytest.mark.req("S4.34")
def test_a_new_ticket_has_the_company_of_the_mailbox_where_several_are_served(support: Any) -> None:
    bakery = Company.objects.create(name="Bakery")
    Mailbox.objects.update(company=bakery)
    receive(support, make_mail())
    assert Ticket.objects.get().company is None
    Organization.objects.update(serves_companies=True)
    receive(support, make_mail())
    assert Ticket.objects.latest("pk").company == bakery


@pytest.mark.req("S4.34")
@pytest.mark.parametrize("is_served", [True, False])
def test_a_retired_company_is_given_no_more_and_it_is_said_where_several_are_served(
    support: Any, is_served: bool
) -> None:
    Organization.objects.update(serves_companies=is_served)
    Mailbox.objects.update(company=Company.objects.create(name="Fax & co", is_active=False))
    [seen] = receive(support, make_mail())
    assert Ticket.objects.get().company is None
    assert ("It has no company: Fax & co" in reason_words(seen)) is is_served
    assert ("<b>Fax &amp; co</b>" in event_words(TicketEvent.objects.order_by("position")[0])) is is_served


@pytest.mark.req("S4.34")
@pytest.mark.parametrize(
    ("of_mailbox", "of_contact", "is_served", "given", "said"),
    [
        (None, "Bakery", True, "Bakery", "Its company is its contact's: Bakery."),
        ("Brewery", "Bakery", True, "Brewery", ""),
        ("Fax & co", "Bakery", True, "Bakery", "Its company is its contact's: Bakery."),
        (None, "Fax & co", True, None, "It has no company: Fax & co, its contact's, is retired."),
        (None, "Bakery", False, None, ""),
    ],
)
def test_where_the_mailbox_names_no_company_a_new_ticket_has_that_of_its_contact(
    support: Any, of_mailbox: str | None, of_contact: str, is_served: bool, given: str | None, said: str
) -> None:
    companies = {
        name: Company.objects.create(name=name, is_active="Fax" not in name) for name in (of_contact, "Brewery")
    }
    companies |= {"Fax & co": companies.get("Fax & co") or Company.objects.create(name="Fax & co", is_active=False)}
    Organization.objects.update(serves_companies=is_served)
    Mailbox.objects.update(company=companies.get(of_mailbox or ""))
    receive(support, make_mail())
    Contact.objects.update(company=companies[of_contact])
    [seen] = receive(support, make_mail())
    company = Ticket.objects.latest("pk").company
    assert (company.name if company else None) == given
    words, told = reason_words(seen), event_words(TicketEvent.objects.filter(kind="ticket_opened").latest("position"))
    assert said in words
    assert ("contact" in words) is ("contact" in told) is bool(said)


def test_an_answer_changes_nothing_of_its_ticket(support: Any, people: Any) -> None:
    receive(support, make_mail(message_id="first@customer.test"))
    Mailbox.objects.update(assignee=people.agent, ticket_priority="urgent")
    receive(support, make_mail(answers="first@customer.test"))
    ticket = Ticket.objects.get()
    assert (ticket.assignee, ticket.priority, ticket.status) == (None, "normal", Status.NEW)


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": Role.VIEWER}])
def test_whoever_cannot_work_on_tickets_gets_none_and_it_is_said_why(
    support: Any, people: Any, change: dict[str, Any]
) -> None:
    Mailbox.objects.update(assignee=people.agent)
    Membership.objects.filter(pk=people.agent.pk).update(**change)
    [seen] = receive(support, make_mail())
    assert Ticket.objects.get().assignee is None
    assert "Nobody has it: Ines Duarte" in reason_words(seen)
    assert "<b>Ines Duarte</b>" in event_words(TicketEvent.objects.order_by("position")[0])


def test_a_deleted_team_leaves_the_ticket_without_one_and_it_is_said_why(support: Any, people: Any) -> None:
    team = Team.objects.create(name="Orders & more")
    Mailbox.objects.update(team=team)
    delete_team(team.pk, actor=people.admin)
    [seen] = receive(support, make_mail())
    assert Ticket.objects.get().team is None
    assert "It has no team: Orders & more" in reason_words(seen)
    assert "<b>Orders &amp; more</b>" in event_words(TicketEvent.objects.order_by("position")[0])
