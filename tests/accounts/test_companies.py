"""Companies: made, changed and retired, while the organization serves several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry, Company, Organization
from helpdesk.tenancy.scope import organization_scope
from tests.accounts.counting import queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("S4.34")]
SETTINGS = "/o/fernhollow/settings/"
COMPANIES = f"{SETTINGS}companies/"
ORGANIZATION = {"name": "Fernhollow", "slug": "fernhollow", "timezone": "UTC", "poll_interval_s": ""}
SignIn = Callable[[Any], Client]


@pytest.fixture
def bakery(fernhollow: Any, in_fernhollow: Any) -> Company:
    """A company of fernhollow, which serves several."""
    Organization.objects.filter(pk=fernhollow.pk).update(serves_companies=True)
    made: Company = Company.objects.create(name="Bakery")
    return made


def test_companies_are_there_only_while_the_organization_serves_several(
    people: Any, signed_in: SignIn, in_fernhollow: Any
) -> None:
    admin = signed_in(people.admin)
    assert admin.get(COMPANIES).status_code == 404
    assert COMPANIES not in admin.get(f"{SETTINGS}organization/").content.decode()
    admin.post(f"{SETTINGS}organization/", ORGANIZATION | {"serves_companies": "on"})
    assert AuditEntry.objects.get().changes == {"serves_companies": [False, True]}
    assert COMPANIES in admin.get(f"{SETTINGS}organization/").content.decode()
    admin.post(f"{COMPANIES}new/", {"name": "Bakery", "is_active": "on"})
    assert "Bakery" in admin.get(COMPANIES).content.decode()
    assert f"{COMPANIES}{Company.objects.get().pk}/" in admin.get(f"{SETTINGS}log/").content.decode()
    admin.post(f"{SETTINGS}organization/", ORGANIZATION)
    assert admin.get(COMPANIES).status_code == 404
    assert COMPANIES not in admin.get(f"{SETTINGS}log/").content.decode()
    assert Company.objects.get().name == "Bakery"


@pytest.mark.both
def test_a_company_is_changed_and_retired(people: Any, signed_in: SignIn, bakery: Company) -> None:
    page, admin = f"{COMPANIES}{bakery.pk}/", signed_in(people.admin)
    answer = admin.post(page, {"name": " Elm  Bakery ", "note": "Ask for Jo"})
    assert answer.headers["Location"] == COMPANIES
    bakery.refresh_from_db()
    assert (bakery.name, bakery.note, bakery.is_active) == ("Elm Bakery", "Ask for Jo", False)
    assert set(AuditEntry.objects.get().changes) == {"name", "note", "is_active"}
    assert "Retired" in admin.get(COMPANIES).content.decode()
    admin.post(page, {"name": "Elm Bakery", "note": "Ask for Jo"})
    assert AuditEntry.objects.count() == 1


@pytest.mark.both
@pytest.mark.parametrize(
    ("name", "note", "advice"),
    [
        ("", "", "Enter the name"),
        ("x" * 121, "", "at most 120"),
        ("Bakery", "", "Choose another name"),
        ("School", "x" * 2001, "at most 2000"),
    ],
)
def test_each_refusal_says_what_to_do(
    people: Any, signed_in: SignIn, bakery: Company, name: str, note: str, advice: str
) -> None:
    answer = signed_in(people.admin).post(f"{COMPANIES}new/", {"name": name, "note": note, "is_active": "on"})
    assert answer.status_code == 422
    assert advice in answer.content.decode()
    assert Company.objects.count() == 1


def test_the_name_may_be_another_organizations_whose_page_is_not_there(
    people: Any, signed_in: SignIn, bakery: Company
) -> None:
    with organization_scope(people.stranger.organization_id):
        theirs = Company.objects.create(name="School")
    admin = signed_in(people.admin)
    assert admin.get(f"{COMPANIES}{theirs.pk}/").status_code == 404
    assert admin.post(f"{COMPANIES}new/", {"name": "School"}).status_code == 302


def test_the_list_costs_the_same_whatever_its_length(people: Any, signed_in: SignIn, bakery: Company) -> None:
    admin = signed_in(people.admin)
    few = queries_of(admin, COMPANIES)
    Company.objects.bulk_create(Company(name=f"{n}", organization=bakery.organization) for n in range(5))
    assert queries_of(admin, COMPANIES) == few
