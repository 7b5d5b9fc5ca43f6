"""The tags that are suggested on the page of a ticket, and the switch on the page of tags."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry
from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import make_ticket
from ticketing.models import Message, Status, SuggestionAnswer, TagCorpus, Ticket
from ticketing.services import changes
from ticketing.services.history import By

pytestmark = [pytest.mark.django_db, pytest.mark.req("S3.15")]

SETTINGS = "/o/fernhollow/tags/settings/"
INVOICE = "invoice amount iban receipt reminder transfer"


@pytest.fixture
def taught(people: Any, fernhollow: Any) -> SimpleNamespace:
    """Twelve tickets have taught a tag; a new one says the same."""
    with organization_scope(fernhollow.id):
        tagged, others = [make_ticket() for _ in range(12)], [make_ticket() for _ in range(12)]
        ticket = make_ticket()
        Message.objects.filter(ticket__in=[*tagged, ticket]).update(text=INVOICE, subject="")
        changes.add_tag(tagged, name="invoice", by=By(actor=people.agent))
        changes.change_status(others, status=Status.SOLVED, by=By(actor=people.agent))
    return SimpleNamespace(ticket=ticket, address=f"/o/fernhollow/tickets/{ticket.number}/", organization=fernhollow)


def page(client: Client, taught: SimpleNamespace) -> str:
    """The page of the ticket."""
    return client.get(taught.address).content.decode()


def test_an_agent_sees_it_with_its_reason_and_a_viewer_does_not(
    taught: SimpleNamespace, people: Any, signed_in: Any
) -> None:
    shown = page(signed_in(people.agent), taught)
    assert (
        shown.count("Add suggested tag invoice") == shown.count("Dismiss suggested tag invoice") == 2
    )  # side and sheet
    assert "as on 12 tickets, by “" in shown
    assert "suggested tag" not in page(signed_in(people.viewer), taught)


def test_taken_the_ticket_has_it(taught: SimpleNamespace, people: Any, signed_in: Any) -> None:
    agent = signed_in(people.agent)
    part = agent.post(
        f"{taught.address}changes/tag/", {"value": "invoice", "place": "side"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "Remove tag invoice" in part
    assert "suggested tag" not in part


def test_dismissed_it_is_gone_from_the_page_and_stays_so(taught: SimpleNamespace, people: Any, signed_in: Any) -> None:
    agent, asked = signed_in(people.agent), {"value": "invoice", "answer": "dismiss", "place": "sheet"}
    part = agent.post(f"{taught.address}suggestions/tag/", asked, headers={"HX-Request": "true"}).content.decode()
    assert 'id="properties-sheet"' in part
    assert "suggested tag" not in part + page(agent, taught)
    with organization_scope(taught.organization.id):
        assert not SuggestionAnswer.objects.get().is_applied
        assert not Ticket.objects.get(pk=taught.ticket.pk).tags.exists()


def test_a_viewer_and_a_stranger_cannot_answer(taught: SimpleNamespace, people: Any, signed_in: Any) -> None:
    asked = {"value": "invoice", "answer": "dismiss"}
    answers = [
        signed_in(who).post(f"{taught.address}suggestions/tag/", asked) for who in (people.viewer, people.stranger)
    ]
    assert [answer.status_code for answer in answers] == [403, 404]


def test_the_page_of_tags_says_what_was_learned_and_has_the_switch(
    taught: SimpleNamespace, people: Any, signed_in: Any
) -> None:
    admin = signed_in(people.admin)
    shown = admin.get(SETTINGS).content.decode()
    assert '<td class="n">12</td><td class="n">12</td><td>yes</td>' in shown
    admin.post(SETTINGS, {})
    assert "<td>never</td>" in admin.get(SETTINGS).content.decode()
    assert "suggested tag" not in page(signed_in(people.agent), taught)
    with organization_scope(taught.organization.id):
        assert not TagCorpus.objects.get().is_on
        [entry] = AuditEntry.objects.filter(action="tag.suggestions_changed")
    assert entry.changes == {"suggests_tags": [True, False]}


def test_saved_as_it_was_nothing_is_written(fernhollow: Any, people: Any, signed_in: Any) -> None:
    signed_in(people.admin).post(SETTINGS, {"suggests": "on"})
    with organization_scope(fernhollow.id):
        assert not TagCorpus.objects.exists()
        assert not AuditEntry.objects.filter(action="tag.suggestions_changed").exists()
