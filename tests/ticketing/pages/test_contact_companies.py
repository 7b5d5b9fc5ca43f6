"""The company of a contact, given on the page of a ticket."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry, Company, Organization
from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import make_contact, make_ticket
from ticketing.models import Contact, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.req("S4.34")]


@pytest.fixture
def ticket(fernhollow: Any) -> Ticket:
    """Where several companies are served, Amara has none."""
    Organization.objects.filter(pk=fernhollow.pk).update(serves_companies=True)
    with organization_scope(fernhollow.id):
        return make_ticket()


@pytest.fixture
def bakery(fernhollow: Any) -> Company:
    """A company."""
    with organization_scope(fernhollow.id):
        return Company.objects.create(name="Bakery")


def page_of(ticket: Ticket) -> str:
    return f"/o/fernhollow/tickets/{ticket.number}/"


def give(client: Client, ticket: Ticket, value: object) -> Any:
    page = page_of(ticket)
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}
    return client.post(f"{page}changes/affiliation/", {"value": value, "place": "side"}, headers=headers)


def test_a_contact_is_given_a_company_and_the_ticket_with_none_gets_it(
    ticket: Ticket, bakery: Company, signed_in: Any, people: Any
) -> None:
    client: Client = signed_in(people.agent)
    assert "Change the contact" in client.get(page_of(ticket)).content.decode()
    parts = give(client, ticket, bakery.pk).content.decode()
    assert 'data-announce="Company of the contact: Bakery"' in parts
    assert [parts.count(f'id="requester-company-{place}"') for place in ("side", "sheet")] == [1, 1]
    with organization_scope(ticket.organization_id):
        assert Ticket.objects.get().company == bakery == Contact.objects.get().company
        [entry] = AuditEntry.objects.filter(action="contact.changed")
    assert (entry.actor_id, entry.target_label) == (people.agent.pk, "Amara Okoye")
    assert entry.changes == {"affiliation": [None, "Bakery"]}
    log = signed_in(people.admin).get("/o/fernhollow/settings/log/").content.decode()
    assert "changed the contact" in log


def test_a_ticket_that_has_a_company_keeps_it_and_so_do_others(
    ticket: Ticket, bakery: Company, signed_in: Any, people: Any
) -> None:
    client: Client = signed_in(people.agent)
    with organization_scope(ticket.organization_id):
        Ticket.objects.update(company=Company.objects.create(name="Brewery"))
        other = make_ticket(contact=ticket.requester)
    give(client, ticket, bakery.pk)
    with organization_scope(ticket.organization_id):
        assert Ticket.objects.get(pk=ticket.pk).company.name == "Brewery"
        assert Ticket.objects.get(pk=other.pk).company is None
    assert 'data-announce="Company of the contact: No company"' in give(client, ticket, "").content.decode()
    with organization_scope(ticket.organization_id):
        assert Contact.objects.get().company is None


def test_what_cannot_be_given_is_refused(
    ticket: Ticket, bakery: Company, signed_in: Any, people: Any, fernhollow: Any
) -> None:
    client: Client = signed_in(people.agent)
    with organization_scope(people.stranger.organization_id):
        theirs = Company.objects.create(name="Theirs")
    with organization_scope(ticket.organization_id):
        retired = Company.objects.create(name="Fax", is_active=False)
        nobody = make_ticket(contact=make_contact("Unknown sender"))
        Contact.objects.filter(pk=nobody.requester_id).update(is_unknown=True)
    refused = [give(client, ticket, company.pk).headers["HX-Trigger"] for company in (theirs, retired)]
    assert ["not among the choices" in each for each in refused] == [True, True]
    assert "names nobody" in give(client, nobody, bakery.pk).headers["HX-Trigger"]
    assert "Change the contact" not in client.get(page_of(nobody)).content.decode()
    Organization.objects.filter(pk=fernhollow.pk).update(serves_companies=False)
    assert "not among the choices" in give(client, ticket, bakery.pk).headers["HX-Trigger"]
    assert "Change the contact" not in client.get(page_of(ticket)).content.decode()
    with organization_scope(ticket.organization_id):
        assert not Contact.objects.exclude(company=None).exists()


def test_a_viewer_sees_it_and_changes_nothing(ticket: Ticket, bakery: Company, signed_in: Any, people: Any) -> None:
    with organization_scope(ticket.organization_id):
        Contact.objects.update(company=bakery)
    client: Client = signed_in(people.viewer)
    shown = client.get(page_of(ticket)).content.decode()
    assert ("<bdi>Bakery</bdi>" in shown, "Change the contact" in shown) == (True, False)
    assert give(client, ticket, "").status_code == 403
