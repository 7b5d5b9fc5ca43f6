"""Called no spam, a ticket's mail is decided anew without spam detection; the results are suggested, not done."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import Category, Company, Organization, Team
from helpdesk.lib import files
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, RawMessage
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from tests.ticketing.inbound.acting_rules import add_rule
from ticketing.inbound.rules.written import Action, Group
from ticketing.models import Message, Priority, Status, Suggested, SuggestionAnswer, Ticket
from ticketing.models.rules import Act
from ticketing.queries.suggestions import suggestions_for
from ticketing.services import changes
from ticketing.services.history import By

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.req("S3.21", "S3.22")]


@pytest.fixture
def cleared(people: Any, fernhollow: Any) -> SimpleNamespace:
    """A ticket that headers called spam and an agent did not; its mailbox has a team and a priority."""
    with organization_scope(fernhollow.id):
        team = Team.objects.create(name="Repairs")
        mailbox = make_mailbox(address="support@fernhollow.test", team=team, ticket_priority="high")
        receive(mailbox, make_mail(message_id="first@customer.test", headers=[("X-Spam-Flag", "YES")]))
        [ticket] = changes.mark_spam([Ticket.objects.get()], is_spam=False, by=By(actor=people.agent))
    return SimpleNamespace(
        ticket=ticket, team=team, organization=fernhollow, address=f"/o/fernhollow/tickets/{ticket.number}/"
    )


def suggested(cleared: SimpleNamespace) -> list[tuple[str, str]]:
    """What is suggested now."""
    with organization_scope(cleared.organization.id):
        return [(each.what, each.name) for each in suggestions_for(Ticket.objects.get(pk=cleared.ticket.pk))]


def stored(cleared: SimpleNamespace) -> Ticket:
    """The ticket as it is now."""
    with organization_scope(cleared.organization.id):
        return Ticket.objects.select_related("team").get(pk=cleared.ticket.pk)


def test_what_the_mailbox_would_have_given_is_suggested_and_not_done(cleared: SimpleNamespace) -> None:
    assert suggested(cleared) == [(Suggested.TEAM, "Repairs"), (Suggested.PRIORITY, "High")]
    assert (stored(cleared).team, stored(cleared).priority) == (None, Priority.NORMAL)


def test_applied_it_is_so_and_not_suggested_again(cleared: SimpleNamespace, signed_in: Any, people: Any) -> None:
    agent: Client = signed_in(people.agent)
    agent.post(f"{cleared.address}suggestions/team/", {"value": cleared.team.pk, "answer": "apply"})
    assert stored(cleared).team == cleared.team
    assert suggested(cleared) == [(Suggested.PRIORITY, "High")]
    with organization_scope(cleared.organization.id):
        assert SuggestionAnswer.objects.get().is_applied


def test_dismissed_it_is_not_so_and_not_suggested_again(cleared: SimpleNamespace, signed_in: Any, people: Any) -> None:
    agent: Client = signed_in(people.agent)
    agent.post(f"{cleared.address}suggestions/team/", {"value": cleared.team.pk, "answer": "dismiss"})
    assert stored(cleared).team is None
    assert suggested(cleared) == [(Suggested.PRIORITY, "High")]


def test_what_is_not_suggested_cannot_be_applied(cleared: SimpleNamespace, signed_in: Any, people: Any) -> None:
    answer = signed_in(people.agent).post(
        f"{cleared.address}suggestions/priority/", {"value": "urgent", "answer": "apply"}, follow=True
    )
    assert "not suggested any more" in answer.content.decode()
    assert stored(cleared).priority == Priority.NORMAL


def test_mail_that_a_setting_keeps_out_is_suggested_to_be_closed_with_the_reason(
    cleared: SimpleNamespace, signed_in: Any, people: Any
) -> None:
    with organization_scope(cleared.organization.id):
        Mailbox.objects.update(answers_only=True)
    agent: Client = signed_in(people.agent)
    assert "take answers only" in agent.get(f"{cleared.address}suggestions/").content.decode()
    agent.post(f"{cleared.address}suggestions/closing/", {"value": "closed", "answer": "apply"})
    assert stored(cleared).status == Status.CLOSED


def test_mail_that_belongs_to_another_ticket_is_moved_there(
    cleared: SimpleNamespace, signed_in: Any, people: Any
) -> None:
    by = By(actor=people.agent)
    with organization_scope(cleared.organization.id):
        mailbox = Mailbox.objects.get()
        receive(mailbox, make_mail(message_id="other@customer.test"))
        other = Ticket.objects.latest("id")
        changes.change_status([other], status=Status.CLOSED, by=by)
        spam = [("X-Spam-Flag", "YES")]
        [seen] = receive(mailbox, make_mail(answers="other@customer.test", headers=spam))
        [ticket] = changes.mark_spam([Ticket.objects.get(pk=seen.ticket_id)], is_spam=False, by=by)
        changes.change_status([other], status=Status.OPEN, by=by)
    agent: Client = signed_in(people.agent)
    address = f"/o/fernhollow/tickets/{ticket.number}/suggestions/"
    assert 'value="apply"' in agent.get(address).content.decode()
    answer = agent.post(f"{address}ticket/", {"value": other.number, "answer": "apply"})
    assert answer.headers["Location"] == f"/o/fernhollow/tickets/{other.number}/"
    with organization_scope(cleared.organization.id):
        assert Message.objects.get(raw_id=seen.raw_id).ticket_id == other.pk
        assert Ticket.objects.get(pk=ticket.pk).merged_into_id == other.pk


def test_a_note_that_is_applied_stands_on_the_page_at_once(
    cleared: SimpleNamespace, signed_in: Any, people: Any
) -> None:
    with organization_scope(cleared.organization.id):
        add_rule(Action(Act.NOTE, "Ring them"), when=Group(), name="Ring")
        note = next(each for each in suggestions_for(cleared.ticket) if each.what == Suggested.NOTE)
    data = {"value": note.value, "answer": "apply"}
    agent: Client = signed_in(people.agent)
    answer = agent.post(f"{cleared.address}suggestions/note/", data, headers={"HX-Request": "true"})
    assert cleared.address in answer.headers["HX-Location"]
    assert "Ring them" in agent.get(cleared.address).content.decode()


def test_what_nobody_can_apply_is_named_on_the_page(cleared: SimpleNamespace, signed_in: Any, people: Any) -> None:
    with organization_scope(cleared.organization.id):
        add_rule(Action(Act.ALSO_OPEN, str(cleared.team.pk)), when=Group(), name="Twice")
    page = signed_in(people.agent).get(f"{cleared.address}suggestions/").content.decode()
    assert "also open a ticket for “Repairs” (rule “Twice”)" in page


def test_marked_as_spam_again_nothing_is_suggested(cleared: SimpleNamespace, people: Any) -> None:
    with organization_scope(cleared.organization.id):
        changes.mark_spam([cleared.ticket], is_spam=True, by=By(actor=people.agent))
    assert suggested(cleared) == []


def test_without_the_original_nothing_is_suggested(cleared: SimpleNamespace) -> None:
    with organization_scope(cleared.organization.id):
        files.discard([RawMessage.objects.get().storage_key])
    assert suggested(cleared) == []


def test_the_page_of_a_cleared_ticket_asks_for_them(cleared: SimpleNamespace, signed_in: Any, people: Any) -> None:
    agent: Client = signed_in(people.agent)
    assert f'hx-get="{cleared.address}suggestions/"' in agent.get(cleared.address).content.decode()
    part = agent.get(f"{cleared.address}suggestions/", headers={"HX-Request": "true"}).content.decode()
    assert "Repairs" in part
    assert "<html" not in part


def test_the_category_of_the_mailbox_is_suggested_and_applied(
    cleared: SimpleNamespace, signed_in: Any, people: Any
) -> None:
    with organization_scope(cleared.organization.id):
        stoves = Category.objects.create(name="Stoves", path="Heating / Stoves")
        Mailbox.objects.update(category=stoves)
    assert (Suggested.CATEGORY, "Heating / Stoves") in suggested(cleared)
    agent: Client = signed_in(people.agent)
    agent.post(f"{cleared.address}suggestions/category/", {"value": stoves.pk, "answer": "apply"})
    assert stored(cleared).category_id == stoves.pk


@pytest.mark.req("S4.34")
def test_the_company_of_the_mailbox_is_suggested_and_applied_where_several_are_served(
    cleared: SimpleNamespace, signed_in: Any, people: Any
) -> None:
    with organization_scope(cleared.organization.id):
        bakery = Company.objects.create(name="Bakery")
        Mailbox.objects.update(company=bakery)
    assert (Suggested.COMPANY, "Bakery") not in suggested(cleared)
    Organization.objects.filter(pk=cleared.organization.pk).update(serves_companies=True)
    assert stored(cleared).company_id is None
    assert (Suggested.COMPANY, "Bakery") in suggested(cleared)
    agent: Client = signed_in(people.agent)
    agent.post(f"{cleared.address}suggestions/company/", {"value": bakery.pk, "answer": "apply"})
    assert stored(cleared).company_id == bakery.pk
