"""The pages of members, teams and the organization itself, for the configuration log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.urls import reverse

from helpdesk.accounts.audit_links import register_links
from helpdesk.accounts.models import Category, Company, Team


def register() -> None:
    """The log leads to every page of this layer."""
    register_links("membership", _members)
    register_links("team", _teams)
    register_links("category", _categories)
    register_links("company", _companies)
    register_links("organization", _organization)
    register_links("businesshours", _hours)


def _members(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    return {each: reverse("settings_member", kwargs={"slug": slug, "member_id": each}) for each in ids}


def _teams(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    there = Team.objects.filter(id__in=ids).values_list("id", flat=True)
    return {str(each): reverse("settings_team", kwargs={"slug": slug, "team_id": each}) for each in there}


def _categories(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    there = Category.objects.filter(id__in=ids).values_list("id", flat=True)
    return {str(each): reverse("settings_category", kwargs={"slug": slug, "category_id": each}) for each in there}


def _companies(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    there = Company.objects.filter(id__in=ids, organization__serves_companies=True).values_list("id", flat=True)
    return {str(each): reverse("settings_company", kwargs={"slug": slug, "company_id": each}) for each in there}


def _organization(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    return dict.fromkeys(ids, reverse("settings_organization", kwargs={"slug": slug}))


def _hours(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    return dict.fromkeys(ids, reverse("settings_hours", kwargs={"slug": slug}))
