"""Categories: making, changing and retiring them. What carries a retired one keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import CATEGORY_PARTING, MAX_CATEGORY_LEVELS, Category, Membership
from helpdesk.accounts.services import audit

NAME_TAKEN = _("There is a category with this name at this place. Choose another name.")
NAME_HAS_PARTING = _("Leave “ / ” out: it parts the levels of a category.")
TOO_DEEP = _("Categories have at most four levels. Choose a place further up.")
BELOW_ITSELF = _("A category cannot stand below itself. Choose another place.")


@dataclass(frozen=True)
class CategoryProfile:
    """What a category's page holds."""

    name: str
    parent: Category | None = None  # None: at the top
    is_active: bool = True


@transaction.atomic
def create_category(profile: CategoryProfile, *, actor: Membership) -> Category:
    """The category exists. Inside the organization's scope.

    Raises ValidationError by field: name (empty, taken, too long, with " / "), parent (too deep).
    """
    category = Category()
    _take(category, profile)
    _save(category)
    audit.record("category.created", target=category, actor=actor, changes={"name": (None, category.path)})
    return category


@transaction.atomic
def change_category(category_id: int, *, profile: CategoryProfile, actor: Membership) -> Category:
    """The category has these values, and what stands below it moves along. Inside the organization's scope.

    Raises ValidationError as `create_category` does, and for a place below itself; Category.DoesNotExist.
    """
    category: Category = Category.objects.select_for_update().get(pk=category_id)
    before = _described(category)
    _take(category, profile)
    _save(category)
    _carry_down(category)
    changes = audit.differences(before, after=_described(category))
    if changes:
        audit.record("category.changed", target=category, actor=actor, changes=changes)
    return category


def _take(category: Category, profile: CategoryProfile) -> None:
    category.name = " ".join(profile.name.split())
    if CATEGORY_PARTING.strip() in category.name.split():
        raise ValidationError({"name": [NAME_HAS_PARTING]})
    category.parent, category.is_active = profile.parent, profile.is_active
    if category.pk and _is_within(profile.parent, category):
        raise ValidationError({"parent": [BELOW_ITSELF]})
    category.path = _path(category)


def _is_within(place: Category | None, category: Category) -> bool:
    while place is not None:
        if place.pk == category.pk:
            return True
        place = place.parent
    return False


def _path(category: Category) -> str:
    return CATEGORY_PARTING.join([category.parent.path, category.name] if category.parent else [category.name])


def _save(category: Category) -> None:
    category.claim_organization()
    category.full_clean(exclude=["organization", "parent"], validate_unique=False, validate_constraints=False)
    if category.level >= MAX_CATEGORY_LEVELS:
        raise ValidationError({"parent": [TOO_DEEP]})
    try:
        with transaction.atomic():
            category.save()
    except IntegrityError as error:
        raise ValidationError({"name": [NAME_TAKEN]}) from error


def _carry_down(category: Category) -> None:
    """What stands below has the path that begins with this one's."""
    for child in Category.objects.filter(parent=category).select_for_update():
        child.parent = category
        child.path = _path(child)
        if child.level >= MAX_CATEGORY_LEVELS:
            raise ValidationError({"parent": [TOO_DEEP]})
        child.save(update_fields=["path"])
        _carry_down(child)


def _described(category: Category) -> Mapping[str, Any]:
    return {"name": category.path, "is_active": category.is_active}
