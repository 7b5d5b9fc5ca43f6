"""Categories: a tree that is made, moved and retired."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry, Category
from helpdesk.accounts.services.categories import CategoryProfile, create_category
from tests.accounts.counting import queries_of

pytestmark = [pytest.mark.django_db]
CATEGORIES = "/o/fernhollow/settings/categories/"
SignIn = Callable[[Any], Client]


@pytest.fixture
def printer(people: Any, in_fernhollow: Any) -> Category:
    """Hardware / Printer."""
    hardware = create_category(CategoryProfile("Hardware"), actor=people.admin)
    return create_category(CategoryProfile("Printer", parent=hardware), actor=people.admin)


def paths() -> list[str]:
    return sorted(Category.objects.values_list("path", flat=True))


def below(category: Category, *names: str, actor: Any) -> Category:
    for name in names:
        category = create_category(CategoryProfile(name, parent=category), actor=actor)
    return category


@pytest.mark.both
def test_a_category_is_made_below_another(people: Any, signed_in: SignIn, printer: Category) -> None:
    values = {"name": " Toner  low ", "parent": printer.pk, "is_active": "on"}
    answer = signed_in(people.admin).post(f"{CATEGORIES}new/", values)
    assert answer.headers["Location"] == CATEGORIES
    assert paths() == ["Hardware", "Hardware / Printer", "Hardware / Printer / Toner low"]
    assert AuditEntry.objects.latest("pk").changes == {"name": [None, "Hardware / Printer / Toner low"]}


@pytest.mark.both
def test_what_stands_below_moves_along(people: Any, signed_in: SignIn, printer: Category) -> None:
    below(printer, "Toner", actor=people.admin)
    signed_in(people.admin).post(f"{CATEGORIES}{printer.pk}/", {"name": "Printers", "parent": "", "is_active": "on"})
    assert paths() == ["Hardware", "Printers", "Printers / Toner"]
    assert AuditEntry.objects.latest("pk").changes == {"name": ["Hardware / Printer", "Printers"]}


def test_a_category_is_retired_and_taken_back(people: Any, signed_in: SignIn, printer: Category) -> None:
    page, admin = f"{CATEGORIES}{printer.pk}/", signed_in(people.admin)
    admin.post(page, {"name": "Printer", "parent": printer.parent_id})
    assert not Category.objects.get(pk=printer.pk).is_active
    assert "Retired" in admin.get(CATEGORIES).content.decode()
    admin.post(page, {"name": "Printer", "parent": printer.parent_id, "is_active": "on"})
    assert Category.objects.get(pk=printer.pk).is_active


def test_saving_without_a_change_leaves_no_entry(people: Any, signed_in: SignIn, printer: Category) -> None:
    values = {"name": "Printer", "parent": printer.parent_id, "is_active": "on"}
    signed_in(people.admin).post(f"{CATEGORIES}{printer.pk}/", values)
    assert not AuditEntry.objects.filter(action="category.changed").exists()


@pytest.mark.both
@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("", "Enter a name"),
        ("x" * 61, "at most 60"),
        ("Printer", "Choose another name"),
        ("A / B", "parts the levels"),
    ],
)
def test_each_refusal_says_what_to_do(
    people: Any, signed_in: SignIn, printer: Category, name: str, advice: str
) -> None:
    values = {"name": name, "parent": printer.parent_id, "is_active": "on"}
    answer = signed_in(people.admin).post(f"{CATEGORIES}new/", values)
    assert answer.status_code == 422
    assert advice in answer.content.decode()
    assert len(paths()) == 2


@pytest.mark.both
def test_the_same_name_at_the_top_is_refused(people: Any, signed_in: SignIn, printer: Category) -> None:
    answer = signed_in(people.admin).post(f"{CATEGORIES}new/", {"name": "Hardware", "is_active": "on"})
    assert "Choose another name" in answer.content.decode()


def test_there_are_four_levels(people: Any, signed_in: SignIn, printer: Category) -> None:
    deepest = below(printer, "Toner", "Black", actor=people.admin)
    answer = signed_in(people.admin).post(f"{CATEGORIES}new/", {"name": "Drum", "parent": deepest.pk})
    assert "at most four levels" in answer.content.decode()
    top = create_category(CategoryProfile("Office"), actor=people.admin)
    page = f"{CATEGORIES}{printer.parent_id}/"
    answer = signed_in(people.admin).post(page, {"name": "Hardware", "parent": top.pk, "is_active": "on"})
    assert "at most four levels" in answer.content.decode()
    assert "Hardware / Printer / Toner / Black" in paths()


def test_a_category_does_not_stand_below_itself(people: Any, signed_in: SignIn, printer: Category) -> None:
    page = f"{CATEGORIES}{printer.parent_id}/"
    answer = signed_in(people.admin).post(page, {"name": "Hardware", "parent": printer.pk, "is_active": "on"})
    assert answer.status_code == 422
    assert paths() == ["Hardware", "Hardware / Printer"]


def test_the_tree_costs_the_same_whatever_its_size(people: Any, signed_in: SignIn, printer: Category) -> None:
    admin = signed_in(people.admin)
    few = queries_of(admin, CATEGORIES)
    for number in range(5):
        below(printer, f"Part {number}", actor=people.admin)
    assert queries_of(admin, CATEGORIES) == few
